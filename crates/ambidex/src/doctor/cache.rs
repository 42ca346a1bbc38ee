//! The cache of this machine, and the one on another machine.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use ambidex_store::Store;

use super::Finding;
use crate::remote;
use crate::store_location::{self, shown};

const CHECK: &str = "cache";

/// Examines both caches.
pub(crate) fn examine() -> Vec<Finding> {
    let store = store_location::open();
    let place = store_location::surprise(store.as_ref().ok().and_then(Option::as_ref));
    let mut findings = match &store {
        Ok(Some(store)) => of_store(store),
        Ok(None) if std::env::var_os("AMBIDEX_CACHE_DIR").is_some() => {
            vec![Finding::ok(CHECK, "no cache, because AMBIDEX_CACHE_DIR is empty")]
        }
        Ok(None) => vec![Finding::warning(
            CHECK,
            "there is no cache, because there is no home directory",
            "set AMBIDEX_CACHE_DIR to a directory, or to nothing if you want no cache",
        )],
        Err(error) => vec![as_warning(error)],
    };
    findings.extend(place.map(|what| {
        Finding::warning("cache-directory", what, "set AMBIDEX_CACHE_DIR to a full path, or to nothing")
    }));
    findings.extend(of_server());
    findings
}

/// Builds go on without the cache, so that nothing about it is an error.
fn as_warning(error: &crate::error::Error) -> Finding {
    Finding::warning(CHECK, error.to_string(), error.hint().unwrap_or_default())
}

fn of_store(store: &Store) -> Vec<Finding> {
    let folder = store.folder();
    let place = folder.display();
    let mut findings = Vec::new();
    if let Err(error) = tempfile::tempfile_in(folder) {
        let next = "check the permissions and whether the disk is full, or set AMBIDEX_CACHE_DIR to another directory";
        findings.push(Finding::warning(CHECK, format!("the cache {place} can't be written: {error}"), next));
    } else {
        findings.push(match store.stats() {
            Ok(stats) => {
                let (bytes, limit) = (shown(stats.bytes), shown(stats.limit));
                Finding::ok(CHECK, format!("cache {place}: {bytes} of {limit}"))
            }
            Err(error) => as_warning(&error.into()),
        });
    }
    findings.extend(of_owner(folder));
    findings
}

/// Checks who else can change the cache: results in it are used without being built.
fn of_owner(folder: &Path) -> Option<Finding> {
    const OTHERS_WRITE: u32 = 0o002;
    let data = std::fs::metadata(folder).ok()?;
    let place = folder.display();
    if data.mode() & OTHERS_WRITE != 0 {
        let message = format!("everybody can write to the cache {place}, and so decide what you build");
        return Some(Finding::warning("cache-owner", message, format!("run `chmod o-w {place}`")));
    }
    let (owner, own) = (data.uid(), rustix::process::geteuid().as_raw());
    (owner != own).then(|| {
        let message = format!("the cache {place} belongs to the user with the id {owner}, you are {own}");
        Finding::warning("cache-owner", message, "set AMBIDEX_CACHE_DIR to a directory of your own")
    })
}

fn of_server() -> Option<Finding> {
    const CHECK: &str = "remote-cache";
    let settings = match remote::named() {
        Ok(settings) => settings?,
        Err(error) => return Some(Finding::of(CHECK, &error)),
    };
    Some(match ambidex_remote::examine(&settings) {
        Ok(takes_results) => {
            let how = match (settings.read_only, takes_results) {
                (true, _) => "; nothing is sent there, because AMBIDEX_REMOTE_READ_ONLY is set",
                (false, true) => "",
                (false, false) => "; it takes no results",
            };
            Finding::ok(CHECK, format!("the remote cache answers{how}"))
        }
        Err(problem) => {
            let next = "builds go on without it; check AMBIDEX_REMOTE and the network";
            Finding::warning(CHECK, format!("the remote cache: {problem}"), next)
        }
    })
}
