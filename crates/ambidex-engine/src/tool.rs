//! Knows what a compiler, archiver or linker is by content: itself and the programs that it runs, and where it looks
//! for files by itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use ambidex_command::{Command as Read, Kind, Language};
use serde::{Deserialize, Serialize};

use crate::memory::Memory;
use crate::memory::files::{Files, Stat, VersionId};
use crate::parts::Parts;
use crate::question::{self, Silent};
use ambidex_store::{Digest, Store};

/// A tool, as far as one kind of command is concerned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tool {
    /// A hash of all the programs' contents.
    pub identity: Digest,
    /// The programs.
    pub parts: Vec<VersionId>,
    /// Folders in which it looks for headers, behind those that the command names.
    pub include_dirs: Vec<PathBuf>,
    /// Folders in which it looks for libraries, likewise.
    pub library_dirs: Vec<PathBuf>,
    /// Whether its linker can tell which files it reads (GNU ld 2.35, lld 12, mold: `--dependency-file`).
    pub tells_link_inputs: bool,
    /// What stands before an option for the linker: nothing where the tool is the linker.
    pub to_linker: String,
    /// Whether the program or the tool is a script, which may read any variable.
    pub script: bool,
}

/// Variables by which a driver finds its programs and folders (GCC manual, "Environment Variables"; ld.so(8)).
const FINDING: [&str; 7] = [
    "PATH",
    "COMPILER_PATH",
    "GCC_EXEC_PREFIX",
    "LIBRARY_PATH",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "CCC_OVERRIDE_OPTIONS",
];

/// Options by which it finds others, or means another machine (GCC manual, "Directory Options"; clang manual).
const MEANING: [&str; 14] = [
    "-B",
    "-m",
    "--sysroot",
    "-isysroot",
    "-nostdinc",
    "-stdlib",
    "-specs",
    "--specs",
    "--target",
    "-target",
    "-fuse-ld",
    "--gcc-toolchain",
    "-flto",
    "-fplugin",
];

/// How the tool of a command is asked.
pub(crate) struct Inquiry<'a> {
    /// The file of what is run, a launcher or the tool itself.
    pub program: &'a Path,
    /// The file of the tool.
    pub tool: &'a Path,
    pub command: &'a Read,
    pub cwd: &'a Path,
    pub env: &'a BTreeMap<String, String>,
}

impl Inquiry<'_> {
    /// The arguments that decide what the tool runs and where it looks.
    fn meaning(&self) -> Vec<&str> {
        let mut arguments = Vec::new();
        let mut rest = self.command.argv[self.command.tool + 1..].iter().peekable();
        while let Some(argument) = rest.next() {
            if MEANING.iter().any(|option| argument.starts_with(option)) {
                arguments.push(argument.as_str());
                if ["-B", "--sysroot", "-isysroot", "-target", "-specs", "--specs"]
                    .contains(&argument.as_str())
                {
                    arguments.extend(rest.next().map(String::as_str));
                }
            }
        }
        arguments
    }

    /// What the answer depends on, apart from the contents of programs.
    fn key(&self) -> Digest {
        let mut parts = Parts::default();
        let mut add = |part: &str| parts.add(part.as_bytes());
        add(&self.program.to_string_lossy());
        add(&self.tool.to_string_lossy());
        add(self.language());
        add(if self.links() { "links" } else { "" });
        self.meaning().into_iter().for_each(&mut add);
        for name in FINDING {
            add(self.env.get(name).map_or("", String::as_str));
        }
        parts.digest()
    }

    fn links(&self) -> bool {
        matches!(self.command.kind, Kind::Link | Kind::CompileAndLink)
    }

    /// What the driver calls the language (GCC manual, `-x`); empty where nothing is compiled.
    fn language(&self) -> &'static str {
        match self.command.language {
            _ if self.command.kind == Kind::Link => "",
            None => "",
            Some(Language::C | Language::PreprocessedC) => "c",
            Some(Language::Cxx | Language::PreprocessedCxx) => "c++",
            Some(Language::ObjC) => "objective-c",
            Some(Language::ObjCxx) => "objective-c++",
            Some(Language::Assembler | Language::AssemblerWithCpp) => "assembler-with-cpp",
        }
    }

    /// The tool, from memory if it is still what it was.
    ///
    /// # Errors
    /// If the tool does not answer when it is asked what it runs.
    pub fn answer(&self, memory: &mut Memory, store: Option<&Store>) -> Result<Arc<Tool>, Silent> {
        let key = self.key();
        if let Some(tool) = memory.tool(&key)
            && tool.parts.iter().all(|part| memory.files.is_current(*part))
        {
            return Ok(tool);
        }
        let name = format!("tool {key}");
        let noted = store.and_then(|store| Noted::read(&store.memo(&name)?));
        let tool = Arc::new(match noted.and_then(|noted| noted.take_up(&mut memory.files)) {
            Some(tool) => tool,
            None => {
                let tool = self.find_out(memory)?;
                if let (Some(store), Some(note)) = (store, Noted::of(&tool, &memory.files)) {
                    store.set_memo(&name, &note.written());
                }
                tool
            }
        });
        memory.remember_tool(key, tool.clone());
        Ok(tool)
    }

    fn find_out(&self, memory: &mut Memory) -> Result<Tool, Silent> {
        let mut programs = vec![self.program.to_owned(), self.tool.to_owned()];
        let mut tool = Tool {
            identity: Digest::of(b""),
            parts: Vec::new(),
            include_dirs: Vec::new(),
            library_dirs: Vec::new(),
            tells_link_inputs: false,
            to_linker: String::new(),
            script: [self.program, self.tool].into_iter().any(is_script),
        };
        if matches!(self.command.kind, Kind::Archive | Kind::Index) {
            // `gcc-ar` runs `ar`.
            let own = self.tool.file_name().unwrap_or_default().to_string_lossy();
            programs.extend(own.strip_prefix("gcc-").and_then(|name| self.in_path(name)));
        } else if self.is_linker() {
            let text = self.ask(&["--help"])?;
            tool.tells_link_inputs = text.contains("--dependency-file");
            // Where it looks by itself only its own `--verbose` script tells: it names files by place.
            tool.library_dirs = self.script_dirs()?;
        } else {
            let language = self.language();
            let mut names: Vec<&str> = Vec::new();
            if !language.is_empty() {
                names.extend(["as", if language.contains("++") { "cc1plus" } else { "cc1" }]);
                tool.include_dirs = self.include_dirs(language)?;
            }
            if self.links() {
                names.extend(["collect2", "ld", "lto1", "lto-wrapper"]);
                tool.library_dirs = self.library_dirs()?;
                tool.to_linker = "-Wl,".to_owned();
                tool.tells_link_inputs = self.ask(&["-Wl,--help"])?.contains("--dependency-file");
                programs.extend(self.ask_path("-print-file-name=liblto_plugin.so")?);
                // Only there where somebody has changed what the driver does by itself.
                programs.extend(self.ask_path("-print-file-name=specs")?);
            }
            for name in names {
                programs.extend(self.ask_path(&format!("-print-prog-name={name}"))?);
            }
        }
        programs.sort_unstable();
        programs.dedup();
        let mut hasher = blake3::Hasher::new();
        for program in programs {
            let id = memory.files.id(&program);
            let Some(version) = memory.files.look(id) else { continue };
            hasher.update(&memory.files.version(version).content.digest.0);
            tool.parts.push(version);
        }
        tool.identity = Digest(*hasher.finalize().as_bytes());
        Ok(tool)
    }

    /// What the tool prints when it is asked something, in its own environment; nothing if it fails.
    fn ask(&self, question: &[&str]) -> Result<String, Silent> {
        let mut command = Command::new(self.tool);
        command.args(self.meaning()).args(question).current_dir(self.cwd).env_clear().envs(self.env);
        command.env("LC_ALL", "C");
        Ok(question::ask(command)?.unwrap_or_default())
    }

    /// The file that the tool answers with; a bare name is one that it leaves to `PATH`.
    fn ask_path(&self, question: &str) -> Result<Option<PathBuf>, Silent> {
        let text = self.ask(&[question])?;
        let name = text.trim();
        Ok(if name.contains('/') { Some(self.cwd.join(name)) } else { self.in_path(name) })
    }

    fn in_path(&self, name: &str) -> Option<PathBuf> {
        let folders =
            std::env::split_paths(self.env.get("PATH")?).map(|folder| self.cwd.join(folder).join(name));
        folders.into_iter().find(|file| file.is_file())
    }

    /// The folders that `-v` lists between two lines of its own (GCC manual, "Directory Options").
    fn include_dirs(&self, language: &str) -> Result<Vec<PathBuf>, Silent> {
        let text = self.ask(&["-E", "-Wp,-v", "-x", language, "/dev/null", "-o", "/dev/null"])?;
        let lines = text.lines().skip_while(|line| !line.starts_with("#include <"));
        let lines = lines.skip(1).take_while(|line| line.starts_with(' '));
        Ok(lines.map(|line| PathBuf::from(line.trim())).collect())
    }

    /// Whether it is `ld` itself, not a compiler driver.
    fn is_linker(&self) -> bool {
        let name = self.tool.file_name().unwrap_or_default().to_string_lossy();
        self.links()
            && self.command.language.is_none()
            && (name.contains("mold") || name.split(['-', '.']).any(|part| part == "ld" || part == "lld"))
    }

    /// The folders of `SEARCH_DIR` in the linker's own script (ld manual, `--verbose`).
    fn script_dirs(&self) -> Result<Vec<PathBuf>, Silent> {
        let text = self.ask(&["--verbose"])?;
        let dirs = text.split("SEARCH_DIR(\"").skip(1).filter_map(|rest| rest.split('"').next());
        Ok(dirs.map(|dir| PathBuf::from(dir.strip_prefix('=').unwrap_or(dir))).collect())
    }

    fn library_dirs(&self) -> Result<Vec<PathBuf>, Silent> {
        let text = self.ask(&["-print-search-dirs"])?;
        let list = text.lines().find_map(|line| line.strip_prefix("libraries: =")).unwrap_or_default();
        Ok(list.split(':').filter(|folder| !folder.is_empty()).map(PathBuf::from).collect())
    }
}

/// A tool as other trees on this machine can take it up, so that its programs are asked and read only once.
#[derive(Serialize, Deserialize)]
struct Noted {
    /// Without its parts.
    tool: Tool,
    /// The parts: where they are, in which state, with which content.
    parts: Vec<(PathBuf, Stat, Digest)>,
}

impl Noted {
    /// None where the state of a part vouches for nothing.
    fn of(tool: &Tool, files: &Files) -> Option<Self> {
        let part = |id: &VersionId| {
            let version = files.version(*id);
            let (stat, known) = files.known(version.file)?;
            (known == *id).then(|| (files.path_of(*id).to_path_buf(), stat, version.content.digest))
        };
        let parts = tool.parts.iter().map(part).collect::<Option<Vec<_>>>()?;
        Some(Self { tool: Tool { parts: Vec::new(), ..tool.clone() }, parts })
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    fn written(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("a tool is plain data")
    }

    /// The tool, if all its parts are still in that state.
    fn take_up(self, files: &mut Files) -> Option<Tool> {
        let mut tool = self.tool;
        for (path, stat, digest) in self.parts {
            if Stat::of(&path) != Some(stat) {
                return None;
            }
            tool.parts.push(files.vouched(&path, stat, digest));
        }
        Some(tool)
    }
}

fn is_script(file: &Path) -> bool {
    let mut magic = [0; 2];
    let read =
        std::fs::File::open(file).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut magic));
    read.is_ok() && magic == *b"#!"
}
