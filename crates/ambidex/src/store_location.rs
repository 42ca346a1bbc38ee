//! The directories of the store and of the one that is only read, and the size limit.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambidex_store::Store;

use crate::error::Error;
use crate::{remote, tell};

/// The limit in bytes if the user sets none.
const DEFAULT_LIMIT: u64 = 5 << 30;

/// Opens the store that the environment names. Returns `None` if the user wants no store, or no directory is available.
pub(crate) fn open() -> Result<Option<Store>, Error> {
    let limit = limit(env::var_os("AMBIDEX_CACHE_SIZE"))?;
    let given = Given::by_the_environment();
    // The store must stay usable when the working directory changes.
    let Some(folder) = given.folder() else { return Ok(None) };
    let folder =
        std::path::absolute(&folder).map_err(|source| Error::Unreadable { path: folder.clone(), source })?;
    let store = Store::open(&folder, limit)?;
    let Some(lower) = env::var_os("AMBIDEX_CACHE_READ_DIR").filter(|lower| !lower.is_empty()) else {
        return Ok(Some(store));
    };
    let lower = std::path::absolute(&lower)
        .map_err(|source| Error::Unreadable { path: PathBuf::from(&lower), source })?;
    match store.clone().with_lower(&lower) {
        Ok(layered) => Ok(Some(layered)),
        Err(error) => {
            tell::note(&format!("AMBIDEX_CACHE_READ_DIR: {error}; the build goes on without it"));
            Ok(Some(store))
        }
    }
}

/// Opens the store for a build with this number of jobs, with the store on another machine behind it. The build goes on
/// without the store if it can't be used.
pub(crate) fn open_for_build(jobs: usize) -> Result<Option<Store>, Error> {
    let server = remote::server(jobs)?;
    let store = match open() {
        Err(error @ Error::BadCacheSize(_)) => return Err(error),
        Err(error) => {
            tell::note(&format!("{error}; the build goes on without the cache"));
            None
        }
        Ok(store) => store,
    };
    if let Some(what) = surprise(store.as_ref()) {
        tell::note(&what);
    }
    Ok(match (store, server) {
        (Some(store), Some(server)) => Some(store.with_remote(Arc::new(server))),
        (None, Some(_)) => {
            tell::note(
                "AMBIDEX_REMOTE is not used: there is no cache here that could keep what comes from there",
            );
            None
        }
        (store, None) => store,
    })
}

/// Returns what the user may not expect of the place of the store: another directory than the variables seem to name, or
/// none at all.
pub(crate) fn surprise(store: Option<&Store>) -> Option<String> {
    Given::by_the_environment().surprise(store.map(Store::folder))
}

/// What the environment says about the place of the store.
#[derive(Debug, Default)]
struct Given {
    /// `AMBIDEX_CACHE_DIR`. If it is empty, the user wants no store.
    own: Option<OsString>,
    /// `XDG_CACHE_HOME`. A relative one is ignored (XDG Base Directory Specification, "Basics").
    cache: Option<OsString>,
    home: Option<PathBuf>,
}

impl Given {
    fn by_the_environment() -> Self {
        let cache = env::var_os("XDG_CACHE_HOME").filter(|cache| !cache.is_empty());
        Self { own: env::var_os("AMBIDEX_CACHE_DIR"), cache, home: env::home_dir() }
    }

    /// Returns the directory of the store.
    fn folder(&self) -> Option<PathBuf> {
        match &self.own {
            Some(own) => (!own.is_empty()).then(|| own.into()),
            None => self.of_user(),
        }
    }

    /// Returns the part of the user's own cache directory that is for ambidex.
    fn of_user(&self) -> Option<PathBuf> {
        let cache = self.cache.as_ref().map(PathBuf::from).filter(|cache| cache.is_absolute());
        let home = self.home.as_ref().filter(|home| home.is_absolute());
        Some(cache.or_else(|| Some(home?.join(".cache")))?.join("ambidex"))
    }

    /// Returns what the user may not expect: another directory than the variables seem to name, or none at all.
    fn surprise(&self, used: Option<&Path>) -> Option<String> {
        let is_relative = |path: &&OsString| !path.is_empty() && Path::new(path).is_relative();
        let cache_is_at = || used.map(|used| format!("the cache is {}", used.display()));
        if let Some(own) = &self.own {
            let own = Some(own).filter(is_relative)?;
            let own = own.to_string_lossy();
            return Some(format!(
                "AMBIDEX_CACHE_DIR is `{own}`, relative to the working directory: here, {}; builds in other \
                 directories don't share it",
                cache_is_at()?
            ));
        }
        if let Some(cache) = self.cache.as_ref().filter(is_relative) {
            let cache = cache.to_string_lossy();
            let instead = cache_is_at().unwrap_or_else(|| "there is no cache".to_owned());
            return Some(format!("XDG_CACHE_HOME is `{cache}`, not a full path, and is ignored: {instead}"));
        }
        self.folder().is_none().then(|| {
            "there is no cache, because there is no home directory; AMBIDEX_CACHE_DIR names another one"
                .to_owned()
        })
    }
}

/// Returns the directory for files of ambidex that are kept between runs, whether or not the user wants a store.
pub(crate) fn kept_files() -> Option<PathBuf> {
    let given = Given::by_the_environment();
    let folder = given.folder().or_else(|| given.of_user())?;
    std::path::absolute(folder).ok()
}

/// Returns the limit in bytes, from `AMBIDEX_CACHE_SIZE`. An empty value counts as unset.
fn limit(size: Option<OsString>) -> Result<u64, Error> {
    let Some(size) = size.filter(|size| !size.is_empty()) else { return Ok(DEFAULT_LIMIT) };
    let wrong = || Error::BadCacheSize(size.to_string_lossy().into_owned());
    size.to_str().and_then(bytes).ok_or_else(wrong)
}

/// Converts a size such as `5G`, `500M`, `64k` or `1048576` to bytes. The letters stand for powers of 1024.
fn bytes(size: &str) -> Option<u64> {
    let (number, shift) = match size.as_bytes().last()?.to_ascii_uppercase() {
        b'K' => (&size[..size.len() - 1], 10),
        b'M' => (&size[..size.len() - 1], 20),
        b'G' => (&size[..size.len() - 1], 30),
        b'T' => (&size[..size.len() - 1], 40),
        _ => (size, 0),
    };
    // `parse` would accept a plus sign.
    if !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// Formats a size for people.
pub(crate) fn shown(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.into_iter().find(|(_, shift)| bytes >> shift > 0) {
        #[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
        Some((unit, shift)) => format!("{:.1} {unit}", bytes as f64 / (1_u64 << shift) as f64),
        None if bytes == 1 => "1 byte".to_owned(),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let right = [("0", 0), ("1048576", 1 << 20), ("64k", 64 << 10), ("500M", 500 << 20), ("5G", 5 << 30)];
        for (text, expected) in right {
            assert_eq!(bytes(text), Some(expected), "{text}");
        }
        for wrong in ["G", "5GB", "1.5G", "-1", "+1", " 1", "5 G", "ten", "99999999999G", "5é"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
        assert_eq!(limit(None).ok(), Some(DEFAULT_LIMIT));
        assert_eq!(limit(Some("".into())).ok(), Some(DEFAULT_LIMIT));
        assert!(limit(Some("much".into())).is_err());
    }

    #[test]
    fn sizes_for_people() {
        let sizes = [(0, "0 bytes"), (1, "1 byte"), (1536, "1.5 KiB"), (DEFAULT_LIMIT, "5.0 GiB")];
        for (bytes, expected) in sizes {
            assert_eq!(shown(bytes), expected);
        }
    }

    fn given(own: Option<&str>, cache: Option<&str>, home: Option<&str>) -> Given {
        Given { own: own.map(Into::into), cache: cache.map(Into::into), home: home.map(Into::into) }
    }

    #[test]
    fn the_first_that_is_set_counts() {
        let of = |own, cache, home| given(own, cache, home).folder();
        let path = |path: &str| Some(PathBuf::from(path));
        assert_eq!(of(Some("/own"), Some("/cache"), Some("/home")), path("/own"));
        assert_eq!(of(Some("own"), Some("/cache"), Some("/home")), path("own"));
        assert_eq!(of(Some(""), Some("/cache"), Some("/home")), None);
        assert_eq!(of(None, Some("/cache"), Some("/home")), path("/cache/ambidex"));
        assert_eq!(of(None, Some("cache"), Some("/home")), path("/home/.cache/ambidex"));
        assert_eq!(of(None, Some(""), Some("/home")), path("/home/.cache/ambidex"));
        assert_eq!(of(None, None, None), None);
        assert_eq!(of(None, None, Some("")), None);
    }

    #[test]
    fn surprises_are_told() {
        let told = |own, cache, home| {
            let given = given(own, cache, home);
            given.surprise(given.folder().map(|folder| Path::new("/here").join(folder)).as_deref())
        };
        assert_eq!(told(Some("/own"), Some("cache"), None), None);
        assert_eq!(told(Some(""), Some("cache"), None), None);
        assert_eq!(told(None, Some("/cache"), None), None);
        assert_eq!(told(None, None, Some("/home")), None);
        insta::assert_snapshot!(
            [
                told(Some("own"), None, None),
                told(None, Some("cache"), Some("/home")),
                told(None, Some("cache"), None),
                told(None, None, None),
            ]
            .map(Option::unwrap)
            .join("\n")
        );
    }
}
