//! Whether the variables that a command asked for still have the same values, without keeping these values.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_store::Digest;
use rustix::fs::{Access, access};
use serde::{Deserialize, Serialize};

use crate::base::environment::Environment;
use crate::base::paths::plain;
use crate::base::roles::Roles;
use crate::observe::observation::Asked;
use crate::observe::tools;

/// Returns a new key for hashes.
pub(crate) fn new_secret() -> [u8; 32] {
    let mut secret = [0; 32];
    let read = std::fs::File::open("/dev/urandom")
        .and_then(|mut source| std::io::Read::read_exact(&mut source, &mut secret));
    if read.is_err() {
        // If no later build finds the same hashes, that is no worse than having none: commands run.
        let moment = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        secret[..16].copy_from_slice(&moment.as_nanos().to_le_bytes());
    }
    secret
}

/// The variable that lists the directories of programs.
const PATH: &str = "PATH";

/// Returns the directories in which programs are looked for, in order.
pub(crate) fn folders(env: &Environment) -> Vec<PathBuf> {
    let path = env.variables.get(PATH).map(String::as_str).unwrap_or_default();
    std::env::split_paths(path).map(|folder| plain(&folder)).collect()
}

/// Returns the variables of a list with their values, by name.
fn values<'a>(asked: &'a Asked, env: &'a Environment) -> Vec<(&'a str, Option<Cow<'a, str>>)> {
    match asked {
        Asked::These { names, programs } => {
            let value = |name: &String| match name.as_str() {
                PATH => found(programs, env).map(Cow::Owned),
                _ => env.variables.get(name).map(|value| Cow::Borrowed(value.as_str())),
            };
            names.iter().map(|name| (name.as_str(), value(name))).collect()
        }
        Asked::Any => {
            let all = env.variables.iter().filter(|(name, _)| tools::may_matter(name));
            all.map(|(name, value)| (name.as_str(), Some(Cow::Borrowed(value.as_str())))).collect()
        }
    }
}

/// Returns the file of each of these programs, as execvp(3) finds it. Also includes the value of `PATH` itself, if one
/// of its directories depends on where the command runs.
fn found(programs: &[String], env: &Environment) -> Option<String> {
    let path = env.variables.get(PATH)?;
    let folders = folders(env);
    let mut text = String::new();
    if folders.iter().any(|folder| !folder.is_absolute()) {
        text.push_str(path);
    }
    for program in programs {
        let runs = |file: &PathBuf| file.is_file() && access(file, Access::EXEC_OK).is_ok();
        let file = folders.iter().map(|folder| folder.join(program)).find(runs);
        let file = file.as_deref().map(Path::to_string_lossy).unwrap_or_default();
        text.extend([program.as_str(), "=", &file, ";"]);
    }
    Some(text)
}

/// Returns a hash of the variables' values, with paths named by role, and the roles with those of the paths that the
/// values name.
pub(crate) fn digest(
    secret: &[u8; 32],
    asked: &Asked,
    env: &Environment,
    roles: &Arc<Roles>,
) -> (Digest, Arc<Roles>) {
    let mut roles = roles.clone();
    let mut hasher = blake3::Hasher::new_keyed(secret);
    for (name, value) in values(asked, env) {
        hasher.update(name.as_bytes()).update(&[0, u8::from(value.is_some())]);
        let value = value.unwrap_or_default();
        if roles.mentions_temporary(&value) {
            Arc::make_mut(&mut roles).learn(&value);
        }
        hasher.update(roles.name(&value).as_bytes()).update(&[0]);
    }
    (Digest(*hasher.finalize().as_bytes()), roles)
}

/// Environment variables, with hashes of their values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Surroundings {
    pub asked: Asked,
    /// The hash of all values.
    pub digest: Digest,
    /// The hash of each value, to tell which one has changed; none for a variable that was not set.
    pub values: Vec<(String, Option<u64>)>,
}

impl Surroundings {
    /// Returns these variables as they are set in an environment.
    pub fn of(secret: &[u8; 32], asked: &Asked, env: &Environment, roles: &Arc<Roles>) -> Self {
        let (digest, roles) = digest(secret, asked, env, roles);
        let hash = |value: &str| {
            let hash = blake3::keyed_hash(secret, roles.name(value).as_bytes());
            u64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap_or_default())
        };
        let hashed = |value: Option<Cow<'_, str>>| value.map(|value| hash(&value));
        let values = values(asked, env).into_iter().map(|(name, value)| (name.to_owned(), hashed(value)));
        Self { asked: asked.clone(), digest, values: values.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn these(names: &[&str], programs: &[&str]) -> Asked {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Asked::These { names: owned(names), programs: owned(programs) }
    }

    fn env(pairs: &[(&str, &str)]) -> Environment {
        Environment::new(
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        )
    }

    #[test]
    fn only_what_was_asked_for_counts() {
        let roles = Arc::new(Roles::new(Path::new("/p"), None, &["/tmp".into()]));
        let asked = these(&["CPATH"], &[]);
        let of = |pairs: &[(&str, &str)], asked: &Asked| digest(&[7; 32], asked, &env(pairs), &roles).0;
        assert_eq!(of(&[("CPATH", "/x"), ("A", "1")], &asked), of(&[("CPATH", "/x"), ("A", "2")], &asked));
        assert_ne!(of(&[("CPATH", "/x")], &asked), of(&[("CPATH", "/y")], &asked));
        assert_ne!(of(&[("CPATH", "")], &asked), of(&[], &asked));
        assert_ne!(of(&[("A", "1")], &Asked::Any), of(&[("A", "2")], &Asked::Any));
        assert_eq!(of(&[("SHLVL", "1")], &Asked::Any), of(&[("SHLVL", "2")], &Asked::Any));
    }

    #[test]
    fn temporary_folders_count_by_their_order() {
        let roles = Arc::new(Roles::new(Path::new("/p"), None, &["/tmp".into()]));
        let asked = these(&["CPATH"], &[]);
        let of = |path: &str| digest(&[7; 32], &asked, &env(&[("CPATH", path)]), &roles).0;
        assert_eq!(of("/tmp/env-a/include:/usr/x"), of("/tmp/env-b/include:/usr/x"));
        assert_ne!(of("/tmp/env-a/include:/usr/x"), of("/usr/x:/tmp/env-a/include"));
    }

    #[test]
    fn of_the_folders_of_programs_counts_what_is_found() {
        let roles = Arc::new(Roles::new(Path::new("/p"), None, &[]));
        let folder = tempfile::tempdir().unwrap();
        let asked = these(&["PATH"], &["as-of-a-test", "sh"]);
        let of = |path: &str| digest(&[7; 32], &asked, &env(&[("PATH", path)]), &roles).0;
        let with = format!("{}:/usr/bin:/bin", folder.path().display());
        let before = of(&with);
        assert_eq!(before, of("/usr/bin:/bin"));
        let program = folder.path().join("as-of-a-test");
        std::fs::write(&program, "").unwrap();
        assert_eq!(of(&with), before, "it can't be executed");
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        assert_ne!(of(&with), before);
    }
}
