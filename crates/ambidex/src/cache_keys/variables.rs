//! The environment variables on which a build depends, without those that are different in every shell.

use std::collections::BTreeSet;

/// What setuptools itself asks for before it starts compilers (`customize_compiler`).
const BY_SETUPTOOLS: [&str; 9] =
    ["AR", "ARFLAGS", "CC", "CFLAGS", "CPPFLAGS", "CXX", "CXXFLAGS", "LDFLAGS", "LDSHARED"];

/// What programs ask for on their way to something else: where they are, how they print, where temporary files go, and
/// what drivers of compilers tell their own parts. As keys, they would make uv build again in every other shell.
const IGNORED: [&str; 38] = [
    "BINUTILS_ROOT",
    "CHARSET",
    "COLLECT_GCC",
    "COLLECT_GCC_OPTIONS",
    "COLLECT_LTO_WRAPPER",
    "COLLECT_NO_DEMANGLE",
    "COLORTERM",
    "COLUMNS",
    "GCC_COLORS",
    "GCC_COMPARE_DEBUG",
    "GCC_EXTRA_DIAGNOSTIC_OUTPUT",
    "GCC_ROOT",
    "GCC_URLS",
    "GCONV_PATH",
    "GLIBC_TUNABLES",
    "GNUTARGET",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LDEMULATION",
    "LIBCTF_DEBUG",
    "LOCPATH",
    "LPATH",
    "NLSPATH",
    "NO_COLOR",
    "OLDPWD",
    "OUTPUT_CHARSET",
    "PATH",
    "POSIXLY_CORRECT",
    "PWD",
    "SHELL",
    "TEMP",
    "TERM",
    "TERM_URLS",
    "TMP",
    "TMPDIR",
    "TZ",
    "TZDIR",
];

/// The beginnings of more such names: of ambidex, the locale, the memory of the C library, Python's own variables.
const IGNORED_BEGINNINGS: [&str; 4] = ["AMBIDEX_", "LC_", "MALLOC_", "PYTHON"];

/// What the loader asks for has no effect on outputs, apart from this one, which the linker reads.
const LOADER: &str = "LD_";
const BY_LINKER: &str = "LD_RUN_PATH";

/// Returns the variables that commands asked for and those that the project declares, as far as they determine outputs.
pub(crate) fn of<'a>(
    asked: impl Iterator<Item = &'a String>,
    declared: BTreeSet<String>,
) -> BTreeSet<String> {
    let asked = asked.filter(|name| matters(name)).cloned();
    BY_SETUPTOOLS.into_iter().map(str::to_owned).chain(asked).chain(declared).collect()
}

fn matters(name: &str) -> bool {
    !IGNORED.contains(&name)
        && !IGNORED_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        && (!name.starts_with(LOADER) || name == BY_LINKER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_determines_outputs_matters() {
        assert!(IGNORED.is_sorted() && BY_SETUPTOOLS.is_sorted());
        for name in ["CPATH", "LIBRARY_PATH", "LD_RUN_PATH", "SOURCE_DATE_EPOCH", "MY_SDK"] {
            assert!(matters(name), "{name}");
        }
        for name in ["PATH", "LC_ALL", "LD_PRELOAD", "MALLOC_PERTURB_", "AMBIDEX_JOBS", "TMPDIR"] {
            assert!(!matters(name), "{name}");
        }
    }
}
