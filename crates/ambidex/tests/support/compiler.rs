//! A compiler that does something for a test before, after or instead of its work.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::run::on_path;
use super::workspace::Workspace;

/// A shell script named `gcc`, first on the `PATH` of a workspace, that acts as its C compiler.
#[derive(Debug)]
pub struct Compiler {
    folder: PathBuf,
}

impl Compiler {
    /// Puts the compiler into the workspace. In the script, `$REAL` is the real compiler, and `tell` says that the
    /// script is running; `$TOLD` is the beginning of the names of the files that say so. `held` is true between
    /// [`Self::hold`] and [`Self::release`], so the script itself, on which builds depend, stays the same.
    pub fn install(workspace: &mut Workspace, script: &str) -> Self {
        let folder = workspace.beside("programs");
        let real = on_path("gcc").or_else(|| on_path("cc")).expect("the tests need a C compiler");
        let tell = "tell() { echo > \"$TOLD.new.$$\"; mv \"$TOLD.new.$$\" \"$TOLD.$$\"; }";
        let told = folder.join("told");
        let held = "held() { [ -e \"$TOLD.hold\" ]; }";
        let (real, told) = (real.display(), told.display());
        let script = format!("#!/bin/sh\nREAL={real}\nTOLD={told}\n{tell}\n{held}\n{script}\n");
        fs::create_dir(&folder).expect("a temporary folder can be written");
        let file = folder.join("gcc");
        fs::write(&file, script).expect("a temporary folder can be written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it is our file");
        workspace.put_first_on_path(&folder);
        workspace.variables.push(("CC".to_owned(), "gcc".to_owned()));
        // The compilers of a test communicate through files that are not part of the project: a build does not wait for
        // them.
        workspace.variables.push(("SCCACHE_DIR".to_owned(), folder.display().to_string()));
        Self { folder }
    }

    /// Returns the ids of the processes that have said that they are running.
    pub fn told(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let pid = |name: String| Some(name.strip_prefix("told.")?.parse::<u32>().ok()?.to_string());
        names.filter_map(pid).collect()
    }

    /// Makes `held` true in the script.
    pub fn hold(&self) {
        fs::write(self.folder.join("told.hold"), "").expect("a temporary folder can be written");
    }

    /// Makes `held` false in the script, and forgets the processes that have said that they are running.
    pub fn release(&self) {
        fs::remove_file(self.folder.join("told.hold")).expect("it was held");
        for pid in self.told() {
            fs::remove_file(self.folder.join(format!("told.{pid}"))).expect("it was told");
        }
    }
}
