//! The generated projects: plain `setup.py` files, with sources that are the same each time.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::environment::root;

/// The contents of a generated project.
pub(crate) struct Shape {
    pub extensions: usize,
    /// The number of files of each extension.
    pub files: usize,
    pub language: Language,
    pub headers: Headers,
}

/// The language of the sources.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// Small files that compile in a few hundredths of a second.
    C,
    /// Files with heavy standard headers, which compile in seconds.
    Cxx,
}

/// The headers that a project has of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Headers {
    None,
    /// `all.h` in all files, `few.h` in [`FEW`] of them.
    Shared,
}

/// The number of files that include `few.h`: the first file of each of the first `FEW` extensions.
const FEW: usize = 10;

impl Language {
    /// Returns the suffix of the source files.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::Cxx => "cpp",
        }
    }
}

impl Shape {
    /// Returns the paths of an extension's sources.
    pub fn sources(&self, extension: usize) -> Vec<String> {
        let suffix = self.language.suffix();
        (0..self.files).map(|file| format!("ext{extension:02}/file{file:02}.{suffix}")).collect()
    }
}

/// Writes a project. Returns its directory.
pub(crate) fn write(name: &str, shape: &Shape) -> Result<PathBuf> {
    let folder = root().join("target").join("xtask").join("generated").join(name);
    let _ = fs::remove_dir_all(&folder);
    for extension in 0..shape.extensions {
        fs::create_dir_all(folder.join(format!("ext{extension:02}")))?;
        for (file, path) in shape.sources(extension).iter().enumerate() {
            let text = match shape.language {
                Language::C => c_file(shape, extension, file),
                Language::Cxx => cxx_file(shape, extension, file),
            };
            fs::write(folder.join(path), text)?;
        }
    }
    if shape.headers == Headers::Shared {
        write_headers(&folder.join("include"))?;
    }
    fs::write(folder.join("setup.py"), setup(name, shape))?;
    Ok(folder)
}

fn write_headers(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let header = |name: &str, factor: u32| {
        format!("#ifndef BENCH_{name}\n#define BENCH_{name}\n#define {name}_FACTOR {factor}\n#endif\n")
    };
    fs::write(folder.join("all.h"), header("ALL", 3))?;
    fs::write(folder.join("few.h"), header("FEW", 5))?;
    Ok(())
}

fn setup(name: &str, shape: &Shape) -> String {
    let mut text = String::from("from setuptools import Extension, setup\n\n");
    let more = match (shape.language, shape.headers) {
        (Language::Cxx, _) => ", language=\"c++\"",
        (_, Headers::Shared) => ", include_dirs=[\"include\"]",
        _ => "",
    };
    writeln!(
        text,
        "extensions = [\n    Extension(\n        \"ext%02d\" % e,\n        \
         [\"ext%02d/file%02d.{}\" % (e, f) for f in range({})]{more},\n    )\n    for e in range({})\n]\n\n\
         setup(name=\"bench-{name}\", version=\"1\", ext_modules=extensions)",
        shape.language.suffix(),
        shape.files,
        shape.extensions
    )
    .expect("a string takes all");
    text
}

/// Returns the text of a C file. The first file of an extension contains its module; the others are plain C.
fn c_file(shape: &Shape, extension: usize, file: usize) -> String {
    let mut text = String::new();
    if file == 0 {
        text.push_str("#define PY_SSIZE_T_CLEAN\n#include <Python.h>\n");
    }
    text.push_str("#include <stddef.h>\n#include <stdint.h>\n");
    let mut factor = "7".to_owned();
    if shape.headers == Headers::Shared {
        text.push_str("#include \"all.h\"\n");
        factor.push_str(" * ALL_FACTOR");
        if file == 0 && extension < FEW {
            text.push_str("#include \"few.h\"\n");
            factor.push_str(" * FEW_FACTOR");
        }
    }
    write!(
        text,
        "
/* File {file} of extension {extension}. */
uint32_t ext{extension:02}_sum{file:02}(const uint8_t *data, size_t length)
{{
    uint32_t sum = {file};
    for (size_t i = 0; i < length; i++)
        sum = sum * ({factor}) + data[i];
    return sum;
}}

int ext{extension:02}_compare{file:02}(const uint8_t *a, const uint8_t *b, size_t length)
{{
    for (size_t i = 0; i < length; i++) {{
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    }}
    return {file};
}}
"
    )
    .expect("a string takes all");
    if file == 0 {
        text.push_str(&module(extension, &sums(shape, extension)));
    }
    text
}

/// Returns C code that sums up one function of each file: the declarations and the statements.
fn sums(shape: &Shape, extension: usize) -> (String, String) {
    let mut declared = String::new();
    let mut summed = String::new();
    for file in 0..shape.files {
        let name = format!("ext{extension:02}_sum{file:02}");
        writeln!(declared, "uint32_t {name}(const uint8_t *, size_t);").expect("a string takes all");
        writeln!(summed, "    sum += {name}(data, sizeof data);").expect("a string takes all");
    }
    (declared, summed)
}

fn module(extension: usize, (declared, summed): &(String, String)) -> String {
    format!(
        "
{declared}
static PyObject *total(PyObject *self, PyObject *ignored)
{{
    static const uint8_t data[] = {{1, 2, 3, 5, 8}};
    uint32_t sum = 0;
    (void)self;
    (void)ignored;
{summed}    return PyLong_FromUnsignedLong(sum);
}}

static PyMethodDef methods[] = {{{{\"total\", total, METH_NOARGS, NULL}}, {{NULL, NULL, 0, NULL}}}};
static struct PyModuleDef definition = {{
    PyModuleDef_HEAD_INIT, \"ext{extension:02}\", NULL, -1, methods, NULL, NULL, NULL, NULL
}};

PyMODINIT_FUNC PyInit_ext{extension:02}(void)
{{
    return PyModule_Create(&definition);
}}
"
    )
}

const SEARCH: &str = "    static const std::regex word(\"[a-z]+|[0-9]+\");
    for (auto at = std::sregex_iterator(text.begin(), text.end(), word); at != std::sregex_iterator(); ++at)
        found.push_back(at->str());
";

const SPLIT: &str = "    std::istringstream parts(text);
    for (std::string part; parts >> part;)
        found.push_back(part);
";

/// Returns the text of a C++ file. Every other file uses regular expressions, which take twice as long, so durations
/// differ.
fn cxx_file(shape: &Shape, extension: usize, file: usize) -> String {
    let mut text = String::new();
    let (include, search) = match file % 2 {
        0 => ("#include <regex>\n", SEARCH),
        _ => ("", SPLIT),
    };
    if file == 0 {
        text.push_str("#define PY_SSIZE_T_CLEAN\n#include <Python.h>\n");
    }
    write!(
        text,
        "#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
{include}#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

// File {file} of extension {extension}.
static std::vector<std::string> words(const std::string &text)
{{
    std::vector<std::string> found;
{search}    std::sort(found.begin(), found.end());
    return found;
}}

extern \"C\" uint32_t ext{extension:02}_sum{file:02}(const uint8_t *data, size_t length)
{{
    std::ostringstream text;
    for (size_t i = 0; i < length; i++)
        text << \"a\" << int(data[i]) << ' ';
    std::map<std::string, size_t> ordered;
    std::unordered_map<std::string, std::vector<size_t>> places;
    for (const auto &word : words(text.str())) {{
        ++ordered[word];
        places[word].push_back(ordered.size());
    }}
    std::function<size_t(size_t)> twice = [](size_t n) {{ return 2 * n + {file}; }};
    size_t sum = places.size();
    for (const auto &entry : ordered)
        sum += twice(entry.second);
    return uint32_t(sum);
}}
"
    )
    .expect("a string takes all");
    if file == 0 {
        let (declared, summed) = sums(shape, extension);
        text.push_str(&module(extension, &(format!("extern \"C\" {{\n{declared}}}\n"), summed)));
    }
    text
}
