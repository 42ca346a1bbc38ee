//! What a command is told by the engine: its own environment variables, and the rules of what it must ask for.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use ambidex_command::Kind;

use super::{ExecContext, Execution, real};
use crate::observe::trace::Trace;

impl Execution {
    /// Returns the rules for what the command must ask for before it changes something: see `effects.rs` in the library
    /// that observes it.
    pub(super) fn rules(&self, context: &ExecContext<'_>, temporary: &Path) -> Vec<u8> {
        let objects = self.tree.objects();
        let ours = [objects.parent().unwrap_or(&objects), temporary];
        // A call writes to the final paths only if the library in it could not tell which path it means.
        let places: &[PathBuf] = if self.command.kind == Kind::Generate { &[] } else { &self.places };
        let own = ours.into_iter().chain(places.iter().map(PathBuf::as_path)).map(real);
        let shared = self.shared_by_launchers().into_iter();
        let shared = shared.map(|folder| folder.canonicalize().unwrap_or_else(|_| self.cwd.join(folder)));
        let head = [context.socket.to_owned(), PathBuf::from(&context.name)];
        let fields = head.into_iter().chain(own).chain(shared).map(PathBuf::into_os_string);
        fields.flat_map(|field| [field.into_vec(), vec![0]].concat()).collect()
    }

    /// Returns the directories that compiler launchers share between runs, with locks of their own: ccache's
    /// (ccache(1), `cache_dir` and `temporary_dir`), sccache's, distcc's (distcc(1), `DISTCC_DIR`), and those that the
    /// XDG base directory specification has for caches. Without this list, each command with a launcher would be
    /// awaited.
    fn shared_by_launchers(&self) -> Vec<PathBuf> {
        let variable = |name: &str| self.env.variables.get(name).filter(|value| !value.is_empty());
        let named = [
            "CCACHE_DIR",
            "CCACHE_TEMPDIR",
            "CCACHE_LOGFILE",
            "SCCACHE_DIR",
            "SCCACHE_ERROR_LOG",
            "DISTCC_DIR",
            "XDG_CACHE_HOME",
            "XDG_RUNTIME_DIR",
        ];
        let named = named.into_iter().filter_map(variable).map(PathBuf::from);
        let home = variable("HOME").map(PathBuf::from).into_iter();
        named
            .chain(home.flat_map(|home| [".cache", ".ccache", ".distcc"].map(|name| home.join(name))))
            .collect()
    }

    /// Returns the environment variables that the engine sets for the command.
    pub(super) fn own_variables(
        &self,
        temporary: &Path,
        trace: Option<&(&Path, Trace)>,
    ) -> Vec<(&'static str, OsString)> {
        let mut own = vec![("TMPDIR", temporary.into())];
        if let Some((library, trace)) = trace {
            let mut preload = library.as_os_str().to_owned();
            if let Some(others) = self.env.variables.get("LD_PRELOAD").filter(|others| !others.is_empty()) {
                preload.push(":");
                preload.push(others);
            }
            own.extend([("AMBIDEX_TRACE", trace.path().into()), ("LD_PRELOAD", preload)]);
        }
        own
    }
}
