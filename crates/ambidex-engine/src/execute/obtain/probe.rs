//! Whether objects of this very compiler can be made for other directories, found out by a few small objects.
//!
//! What `ambidex-object` knows of a compiler must explain each object that it takes. But one object shows little: two
//! strings are in the order that was expected or in the other one. So before the first object of a compiler is made for
//! another directory, the compiler writes the same small source in several directories, and each of these objects must
//! be what is made of each other. The answer is kept in the store.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use ambidex_store::{Key, Store};

use super::{ExecContext, Execution, temporary_folder};
use crate::base::process::Running;
use crate::base::roles::Roles;
use crate::memory::record::Why;
use crate::observe::looks::View;
use crate::uptodate::remember::Looks;

/// Names of directories, with lengths and letters that put strings into many places of a small hash table.
const NAMES: [&str; 12] = [
    "a",
    "bc",
    "d e",
    "fghi",
    "jklmn",
    "opqrst",
    "u-v_w.x",
    "yz012345",
    "678",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "é",
    "~",
];

/// A source of which a compiler makes an object with debug information, in C and in C++.
const SOURCE: &str = "int ambidex_probe(int a) { return a + 1; }\n";

const RIGHT: &[u8] = b"right";
const WRONG: &[u8] = b"wrong";

/// Held while a compiler is asked.
static ASKING: Mutex<()> = Mutex::new(());

/// Returns the answer that is kept.
fn known(store: &Store, key: &Key) -> Option<bool> {
    let records = store.records(key);
    records.iter().find(|record| [RIGHT, WRONG].contains(&record.as_slice())).map(|record| record == RIGHT)
}

impl Execution {
    /// Checks that objects of this compiler are understood.
    ///
    /// # Errors
    /// Why no object can be used here, if they are not.
    pub(super) fn check_compiler(
        &self,
        context: &ExecContext<'_>,
        store: &Store,
        looks: &Looks,
    ) -> Result<(), Option<Why>> {
        let key = self.key_of_compiler(looks);
        let is_right = known(store, &key).map_or_else(|| self.ask(context, store, &key), Ok)?;
        let place = || self.cwd.display().to_string();
        is_right.then_some(()).ok_or_else(|| {
            Some(Why::Bound(place(), "this compiler writes paths in an unknown way".to_owned()))
        })
    }

    /// Asks the compiler, unless another command has done so in the meantime: most often, many need the answer at once.
    fn ask(&self, context: &ExecContext<'_>, store: &Store, key: &Key) -> Result<bool, Option<Why>> {
        let _asking = ASKING.lock().expect("no thread dies while it asks a compiler");
        if let Some(is_right) = known(store, key) {
            return Ok(is_right);
        }
        // A compiler that was ended, or can't be started, has said nothing.
        let is_right = self.is_understood(context).ok_or(None)?;
        // If it can't be kept, the next one asks again.
        let _ = store.add_record(key, if is_right { RIGHT } else { WRONG });
        Ok(is_right)
    }

    /// Returns a key for the contents of all programs that took part, and for what this version of ambidex knows.
    fn key_of_compiler(&self, looks: &Looks) -> Key {
        let mut memory = self.tree.memory();
        let mut hasher = blake3::Hasher::new_derive_key("ambidex probe of a compiler 2");
        hasher.update(env!("CARGO_PKG_VERSION").as_bytes()).update(self.source_name().as_bytes());
        for id in &looks.seen {
            let file = memory.files.finding(*id).file;
            if memory.files.view(file) != View::Runs {
                continue;
            }
            let path: Arc<Path> = memory.files.path(file).into();
            let content = memory.files.id_of(&path);
            let Some(found) = memory.files.current(content).filter(|found| memory.files.is_content(*found))
            else {
                // A directory, or a path where a program could have been: each build may have others.
                continue;
            };
            hasher.update(path.file_name().unwrap_or_default().as_encoded_bytes()).update(&[0]);
            hasher.update(&memory.files.finding(found).digest.0);
        }
        Key(*hasher.finalize().as_bytes())
    }

    /// Returns the name of the probe, whose ending says the language.
    fn source_name(&self) -> String {
        let source = self.command.inputs.iter().find_map(|input| Path::new(&input.path).extension());
        format!("probe.{}", source.and_then(|end| end.to_str()).unwrap_or("c"))
    }

    /// Returns nothing if not all objects could be made.
    fn is_understood(&self, context: &ExecContext<'_>) -> Option<bool> {
        let temporary = temporary_folder(context.temporary).ok()?;
        let objects: Option<Vec<(Roles, Vec<u8>)>> = NAMES
            .iter()
            .map(|name| {
                let folder = temporary.join(name);
                Some((Roles::new(&folder, None, &[]), self.compile(context, &folder)?))
            })
            .collect();
        let _ = fs::remove_dir_all(&temporary);
        objects.map(|objects| are_alike(&objects))
    }

    /// Compiles the probe in a directory.
    fn compile(&self, context: &ExecContext<'_>, folder: &Path) -> Option<Vec<u8>> {
        fs::create_dir(folder).ok()?;
        let name = self.source_name();
        fs::write(folder.join(&name), SOURCE).ok()?;
        let argv =
            [self.command.argv.first()?.as_str(), "-g", "-c", &name, "-o", "probe.o"].map(str::to_owned);
        let own = [("TMPDIR", folder.as_os_str().to_owned()), ("PWD", folder.as_os_str().to_owned())];
        let running = Running::start(&self.program, &argv, folder, &self.env.variables, &own).ok()?;
        (context.started)(running.pid());
        running.wait().ok().filter(|ended| ended.status == 0)?;
        fs::read(folder.join("probe.o")).ok()
    }
}

/// Returns whether all objects have one canonical form, and each is what is made of it.
fn are_alike(objects: &[(Roles, Vec<u8>)]) -> bool {
    let forms = objects.iter().map(|(roles, object)| {
        let form = ambidex_object::canonical(object, &roles.of_objects()).ok().flatten()?;
        let made = ambidex_object::make(&form, &roles.of_objects()).ok()?;
        (made == *object).then_some(form)
    });
    let forms: Option<Vec<Vec<u8>>> = forms.collect();
    forms.is_some_and(|forms| forms.windows(2).all(|pair| pair[0] == pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn objects_that_are_not_made_of_each_other_are_no_answer() {
        let top = tempfile::tempdir().unwrap();
        let top = top.path().canonicalize().unwrap();
        let compiled = |name: &str, flags: &[&str]| {
            let folder = top.join(name);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("probe.c"), SOURCE).unwrap();
            let mut command = Command::new("cc");
            command.args(["-c", "probe.c"]).args(flags).current_dir(&folder).env("PWD", &folder);
            assert!(command.status().unwrap().success());
            (Roles::new(&folder, None, &[]), fs::read(folder.join("probe.o")).unwrap())
        };
        let mut objects: Vec<_> = NAMES.iter().map(|name| compiled(name, &["-g"])).collect();
        assert!(are_alike(&objects));
        let other = compiled("other", &["-g", "-O2"]);
        objects.push(other);
        assert!(!are_alike(&objects), "one is of another compiler");
        objects.pop();
        let (first, second) = (objects[0].1.clone(), objects[1].1.clone());
        (objects[0].1, objects[1].1) = (second, first);
        assert!(!are_alike(&objects), "they are in the wrong places");
        assert!(!are_alike(&[compiled("plain", &["-g0"])]), "it shows nothing");
    }
}
