//! The files that the C library and its loader look at by themselves, where a preloaded library can't see it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::base::loader_cache;
use crate::base::paths::plain;
use crate::base::stat::Stat;
use crate::observe::executable::Executable;
use crate::observe::looks::{Looks, View};
use crate::observe::observation::Observation;
use crate::observe::unremembered::Unremembered;

/// The loader's own files (ld.so(8), "Files").
const CACHE: &str = "/etc/ld.so.cache";
const PRELOADED: &str = "/etc/ld.so.preload";

/// The library that the C library loads by itself, to unwind the stack (glibc, `unwind-link.c`).
const UNWINDER: &str = "libgcc_s.so.1";

/// A file that leads the C library to load others by name (nsswitch.conf(5)).
const SERVICES: &str = "/etc/nsswitch.conf";

/// The directory of locales (locale(7), glibc's manual, "Locale Names"), and the files in the directory of each locale.
const LOCALES: &str = "/usr/lib/locale";
const CATEGORIES: [&str; 13] = [
    "LC_ADDRESS",
    "LC_COLLATE",
    "LC_CTYPE",
    "LC_IDENTIFICATION",
    "LC_MEASUREMENT",
    "LC_MESSAGES",
    "LC_MESSAGES/SYS_LC_MESSAGES",
    "LC_MONETARY",
    "LC_NAME",
    "LC_NUMERIC",
    "LC_PAPER",
    "LC_TELEPHONE",
    "LC_TIME",
];

/// The lists of conversions between character sets (iconvconfig(8)).
const CONVERSIONS: [&str; 4] = [
    "/usr/lib/gconv/gconv-modules.cache",
    "/usr/lib64/gconv/gconv-modules.cache",
    "/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache",
    "/usr/lib/aarch64-linux-gnu/gconv/gconv-modules.cache",
];

/// Adds to an observation what the C library has looked at. `variable` returns the value of an environment variable.
pub(crate) fn complete(
    observation: &mut Observation,
    memo: &mut Loaded,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<(), Unremembered> {
    let mut looks = std::mem::take(&mut observation.looks);
    look(&mut looks, Path::new(PRELOADED));
    match memo.names(observation, &looks, variable) {
        Some(names) => {
            names.iter().for_each(|name| looks.add(&Path::new(CACHE).join(name), View::Library, true));
        }
        None => look(&mut looks, Path::new(CACHE)),
    }
    let names_folders = observation.loaded.iter().any(|library| memo.executable(library).names_folders);
    for (program, folders) in &observation.programs {
        look(&mut looks, program);
        memo.of(program, folders, names_folders)?.iter().for_each(|file| look(&mut looks, file));
    }
    observation.loaded.iter().for_each(|file| look(&mut looks, file));
    scripts(&looks).iter().for_each(|file| look(&mut looks, file));
    if !observation.locales.is_empty() {
        locales(observation, &mut looks, variable);
    }
    observation.looks = looks;
    Ok(())
}

fn look(looks: &mut Looks, path: &Path) {
    let found = looks.get(path).map_or_else(|| path.exists(), |seen| seen.found);
    looks.add(path, View::Leads, found);
}

/// Returns the interpreters of the scripts that were executed (execve(2)), because the kernel looks for them.
fn scripts(looks: &Looks) -> Vec<PathBuf> {
    let executed = looks.iter().filter(|(_, seen)| seen.found && seen.views().any(|view| view == View::Runs));
    executed.filter_map(|(path, _)| interpreter(path)).collect()
}

/// Returns the interpreter that the first line of a script names.
fn interpreter(file: &Path) -> Option<PathBuf> {
    use std::io::Read;
    let mut head = [0; 256];
    let read = ambidex_store::open_regular(file).and_then(|mut file| file.read(&mut head)).ok()?;
    let line = head[..read].strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?.trim_start();
    Some(PathBuf::from(line.split([' ', '\t']).next()?)).filter(|path| path.is_absolute())
}

/// Known facts about how the loader looks for libraries, found once for each program and library with the same status.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    executables: HashMap<(PathBuf, Option<Stat>), Executable>,
    searched: HashMap<(PathBuf, String, Option<Stat>), Vec<PathBuf>>,
    /// The content of the loader's cache.
    cache: Option<(Stat, Arc<[u8]>)>,
}

impl Loaded {
    /// Returns the files that the loader tries for the libraries of a program (ld.so(8), `LD_DEBUG=libs`), if it uses
    /// more than its cache. `names_folders` says whether a library that is loaded with the program names directories.
    fn of(&mut self, program: &Path, folders: &str, names_folders: bool) -> Result<&[PathBuf], Unremembered> {
        let told = self.executable(program);
        let by_cache = folders.is_empty() && !told.names_folders && !names_folders;
        let (Some(loader), false) = (told.loader, by_cache) else { return Ok(&[]) };
        let key = (program.to_owned(), folders.to_owned(), Stat::of(program));
        if !self.searched.contains_key(&key) {
            let files = searched(&loader, program, folders)?;
            self.searched.insert(key.clone(), files);
        }
        Ok(&self.searched[&key])
    }

    /// Returns the names by which the loader looks for libraries in its cache; none if it may look for others, too.
    fn names(
        &mut self,
        observation: &Observation,
        looks: &Looks,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Option<BTreeSet<String>> {
        let has = |file: &str| looks.get(Path::new(file)).is_some_and(|seen| seen.found);
        if has(PRELOADED) || has(SERVICES) || variable("LD_AUDIT").is_some() {
            return None;
        }
        let preloaded = variable("LD_PRELOAD").unwrap_or_default();
        let mut names: BTreeSet<String> = preloaded.split([' ', ':']).map(str::to_owned).collect();
        names.insert(UNWINDER.to_owned());
        let mut files: Vec<PathBuf> =
            observation.programs.iter().map(|(program, _)| program.clone()).collect();
        files.extend(observation.loaded.iter().cloned());
        let cache = self.cache().ok()?;
        let mut new: Vec<String> = names.iter().cloned().collect();
        let mut seen: HashSet<PathBuf> = HashSet::new();
        while !files.is_empty() || !new.is_empty() {
            for file in files.drain(..) {
                if seen.insert(file.clone()) {
                    let needs = self.executable(&file).needs?;
                    new.extend(needs.into_iter().filter(|name| names.insert(name.clone())));
                }
            }
            for name in new.drain(..) {
                files.extend(in_cache(cache.as_deref(), &name)?);
            }
        }
        // A name with a slash is a path.
        names.retain(|name| !name.is_empty() && !name.contains('/'));
        Some(names)
    }

    /// Returns the content of the loader's cache, if there is one.
    fn cache(&mut self) -> io::Result<Option<Arc<[u8]>>> {
        let Some(stat) = Stat::of(Path::new(CACHE)) else { return Ok(None) };
        if self.cache.as_ref().is_none_or(|(known, _)| *known != stat) {
            self.cache = Some((stat, std::fs::read(CACHE)?.into()));
        }
        Ok(self.cache.as_ref().map(|(_, content)| content.clone()))
    }

    fn executable(&mut self, file: &Path) -> Executable {
        let key = (file.to_owned(), Stat::of(file));
        self.executables.entry(key).or_insert_with(|| Executable::read(file)).clone()
    }
}

/// Returns the files that a name stands for in the loader's cache, if that is known.
fn in_cache(cache: Option<&[u8]>, name: &str) -> Option<Vec<PathBuf>> {
    let Some(cache) = cache else { return Some(Vec::new()) };
    let entries = loader_cache::entries(cache, name.as_bytes())?;
    // A file that isn't there is not loaded.
    let files = entries.iter().map(|entry| PathBuf::from(OsStr::from_bytes(entry.path)));
    Some(files.filter(|file| file.exists()).collect())
}

fn searched(loader: &Path, program: &Path, folders: &str) -> Result<Vec<PathBuf>, Unremembered> {
    let mut command = Command::new(loader);
    command.arg("--list").arg(program).env_clear().env("LD_DEBUG", "libs").stdin(Stdio::null());
    if !folders.is_empty() {
        command.env("LD_LIBRARY_PATH", folders);
    }
    let answer = command.output().map_err(|error| Unremembered::unreadable(loader, &error))?;
    let text = String::from_utf8_lossy(&answer.stderr).into_owned();
    let tried = text.lines().filter_map(|line| line.split_once("trying file=").map(|(_, file)| file.trim()));
    Ok(tried.filter(|file| file.starts_with('/')).map(|file| plain(Path::new(file))).collect())
}

/// Adds the files of all locales that the environment names, and of the messages in their languages.
fn locales(observation: &Observation, looks: &mut Looks, variable: &dyn Fn(&str) -> Option<String>) {
    let mut names: Vec<String> = observation.locales.iter().cloned().collect();
    let variables = CATEGORIES.iter().copied().chain(["LC_ALL", "LANG", "LANGUAGE"]);
    for value in variables.filter_map(variable) {
        names.extend(value.split(':').map(str::to_owned));
    }
    // For a mixture of locales, setlocale(3) uses a name like `LC_CTYPE=C.UTF-8;LC_NUMERIC=...`.
    let names =
        names.iter().flat_map(|name| name.split(';')).map(|name| name.rsplit('=').next().unwrap_or(name));
    let mut names: Vec<String> =
        names.filter(|name| !matches!(*name, "" | "C" | "POSIX")).map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return;
    }
    let path = variable("LOCPATH").unwrap_or_default();
    let mut folders: Vec<&str> = path.split(':').filter(|folder| !folder.is_empty()).collect();
    folders.push(LOCALES);
    look(looks, &Path::new(LOCALES).join("locale-archive"));
    for file in ["/usr/share/locale/locale.alias", "/etc/locale.alias"].iter().chain(&CONVERSIONS) {
        look(looks, Path::new(file));
    }
    for name in names.iter().flat_map(|name| variants(name)) {
        for category in CATEGORIES {
            folders.iter().for_each(|folder| look(looks, &Path::new(folder).join(&name).join(category)));
        }
        for (domain, folder) in &observation.catalogs {
            let language = Path::new(&name).join("LC_MESSAGES").join(format!("{domain}.mo"));
            look(looks, &folder.join(language));
        }
    }
}

/// Returns the names under which a locale is looked for: with its character set in both spellings, without it, and
/// without its country (glibc's manual, "Locale Names" and "How gettext finds catalogs").
fn variants(name: &str) -> Vec<String> {
    let (name, modifier) =
        name.split_once('@').map_or((name, None), |(name, modifier)| (name, Some(modifier)));
    let (name, set) = name.split_once('.').map_or((name, None), |(name, set)| (name, Some(set)));
    let (language, country) =
        name.split_once('_').map_or((name, None), |(name, country)| (name, Some(country)));
    let normal = set.map(|set| {
        let letters: String = set.chars().filter(char::is_ascii_alphanumeric).collect();
        letters.to_ascii_lowercase()
    });
    let mut all = Vec::new();
    for country in
        [country.map(|country| format!("_{country}")), None].into_iter().flatten().chain([String::new()])
    {
        for set in [set, normal.as_deref(), None] {
            let set = set.map(|set| format!(".{set}")).unwrap_or_default();
            for modifier in [modifier, None] {
                let modifier = modifier.map(|modifier| format!("@{modifier}")).unwrap_or_default();
                all.push(format!("{language}{country}{set}{modifier}"));
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_is_looked_for_under_several_names() {
        let names = variants("de_DE.UTF-8");
        for name in ["de", "de_DE", "de_DE.UTF-8", "de_DE.utf8"] {
            assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
        }
        assert!(variants("sr@latin").contains(&"sr@latin".to_owned()));
    }

    #[test]
    fn folders_for_libraries_are_looked_through() {
        let folder = tempfile::tempdir().unwrap();
        let shell = Path::new("/bin/sh");
        let mut loaded = Loaded::default();
        assert!(loaded.of(shell, "", false).unwrap().is_empty());
        let found = loaded.of(shell, folder.path().to_str().unwrap(), false).unwrap();
        assert!(found.iter().any(|file| file.starts_with(folder.path())), "{found:?}");
    }

    #[test]
    fn scripts_have_interpreters() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script");
        std::fs::write(&script, "#! /bin/sh -e\nexit\n").unwrap();
        assert_eq!(interpreter(&script), Some(PathBuf::from("/bin/sh")));
        assert_eq!(interpreter(Path::new("/bin/sh")), None);
    }
}
