//! The commands to judge, each in its own small tree.

/// A command in a tree.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub name: &'static str,
    /// The words of the command line. `{tree}` stands for the tree's path.
    pub command: &'static str,
    /// Environment variables, as `NAME=value`, in addition to the usual ones or instead of them.
    pub variables: &'static [&'static str],
    /// A shell script that runs in the tree first.
    pub prepare: &'static str,
}

/// The files in every tree.
pub(crate) const FILES: [(&str, &str); 28] = [
    // ambidex identifies a project by this file.
    ("setup.py", ""),
    ("arguments", "-Iinc1 -Iinc2\n"),
    (
        "src/m.c",
        "#include \"a.h\"\n#include <b.h>\n#ifdef ORACLE\nint oracle = ORACLE;\n#endif\nint f(void) { return A + B + C; }\n",
    ),
    ("src/a.h", "#include \"c.h\"\n#define A 1\n"),
    ("inc1/unused.h", "#define UNUSED 1\n"),
    ("inc2/b.h", "#pragma once\n#define B 2\n"),
    ("inc2/c.h", "#ifndef C\n#define C 3\n#endif\n"),
    ("inc3/b.h", "#define B 7\n#include_next <b.h>\n#undef B\n#define B 8\n"),
    ("forced.h", "#define FORCED 1\n"),
    (
        "src/std.c",
        "#include <stddef.h>\n#include <stdio.h>\n#ifdef ORACLE\nint oracle = ORACLE;\n#endif\nint f(void) { return printf(\"%d\", (int)sizeof(size_t)); }\n",
    ),
    (
        "src/m.cc",
        "#include \"a.h\"\n#include <b.h>\n#include <utility>\n#ifdef ORACLE\nint oracle = ORACLE;\n#endif\nint f() { return std::move(A) + B + C; }\n",
    ),
    ("src/s.S", "#include \"a.h\"\n.include \"part.inc\"\n.incbin \"data.bin\"\n.long A\n"),
    ("src/p.s", ".include \"part.inc\"\n.incbin \"data.bin\"\n"),
    ("src/part.inc", ".long 5\n"),
    ("src/data.bin", "some data\n"),
    (
        "src/bin.c",
        "__asm__(\".section .rodata\\n.incbin \\\"data.bin\\\"\\n.text\");\nint f(void) { return 1; }\n",
    ),
    ("src/inc.c", "__asm__(\".include \\\"part.inc\\\"\");\nint f(void) { return 1; }\n"),
    (
        "src/has.c",
        "#if __has_include(\"maybe.h\")\nint a = 1;\n#endif\n#if __has_include(<more/maybe.h>)\nint b = 1;\n#endif\n#if __has_include(\"data.py\")\nint c = 1;\n#endif\nint f;\n",
    ),
    (
        "src/hidden.c",
        "#define HAS __has_include\n#define NAME \"alias.h\"\n#if HAS(\"alias.h\")\nint a = 1;\n#endif\n#if __has_include/* x */ ( /* y */ \"comment.h\")\nint b = 1;\n#endif\n#if __has_\\\ninclude(\"spliced.h\")\nint c = 1;\n#endif\n#if __has_include(NAME)\nint d = 1;\n#endif\nint f;\n",
    ),
    (
        "src/odd.c",
        "#if 0\n#include <c.h>\n#endif\n%:include <b.h>\n#/* x */include <c.h>\n#define WHICH <unused.h>\n#include WHICH\nint f(void) { return B + C; }\n",
    ),
    ("src/next.c", "#include <b.h>\nint f(void) { return B; }\n"),
    ("src/main.c", "int g(void);\nint h(void) { return g(); }\n"),
    ("src/g.c", "int g(void) { return 4; }\n"),
    ("src/g2.c", "int g(void) { return 5; }\n"),
    ("my.specs", "%rename cpp_options old_cpp_options\n\n*cpp_options:\n%(old_cpp_options) -DSPECS=1\n\n"),
    ("lib.map", "V1 { global: h; local: *; };\n"),
    ("link.ld", "INPUT(-lg)\n"),
    ("settings.sh", "FLAGS=-DSETTINGS=1\n"),
];

/// A script that makes the inputs of links: an object, libraries in both forms in `lib2`, and a library that needs
/// another in `lib3`.
const LIBRARIES: &str = "mkdir -p lib1 lib2 lib3 start
gcc -fPIC -c src/main.c -o main.o
gcc -fPIC -c src/g.c -o g.o
gcc -fPIC -c src/g2.c -o g2.o
gcc -shared g.o -o lib2/libg.so
ar rc lib2/libg.a g.o
ar rcT thin.a g.o g2.o
gcc -shared main.o -Llib2 -lg -o lib3/libneeds.so
cp link.ld lib2/liblinked.so
cp g.o lib2/v.o
printf '%s\\n' main.o -Llib2 -lg > words";

/// A script that makes wrappers in `wrap`.
const WRAPPERS: &str = "mkdir -p wrap first
cat > wrap/plain <<'END'
#!/bin/sh
exec gcc \"$@\"
END
cat > wrap/reads <<'END'
#!/bin/sh
here=$(dirname \"$0\")
. \"$here/../settings.sh\"
if [ -e \"$here/extra\" ]; then FLAGS=\"$FLAGS -DORACLE=2\"; fi
gcc $FLAGS \"$@\"
END
cat > wrap/lists <<'END'
#!/bin/sh
count=$(ls first | wc -l)
exec gcc -DORACLE=$count \"$@\"
END
chmod +x wrap/*
ln -s /usr/bin/gcc wrap/gcc-link
ln -s ../wrap/plain wrap/plain-link
command -v ccache > /dev/null && ln -s \"$(command -v ccache)\" wrap/gcc || true";

const fn case(name: &'static str, command: &'static str) -> Case {
    Case { name, command, variables: &[], prepare: "" }
}

const fn with(name: &'static str, variables: &'static [&'static str], command: &'static str) -> Case {
    Case { name, command, variables, prepare: "" }
}

const fn link(name: &'static str, command: &'static str) -> Case {
    Case { name, command, variables: &[], prepare: LIBRARIES }
}

const fn link_with(name: &'static str, variables: &'static [&'static str], command: &'static str) -> Case {
    Case { name, command, variables, prepare: LIBRARIES }
}

const fn wrapped(name: &'static str, variables: &'static [&'static str], command: &'static str) -> Case {
    Case { name, command, variables, prepare: WRAPPERS }
}

impl Case {
    /// Returns the words of its command line in a tree.
    pub fn argv(&self, tree: &str) -> Vec<String> {
        self.command.split(' ').map(|word| word.replace("{tree}", tree)).collect()
    }

    /// Returns its output, relative to the tree: the only word that names a file in `build`.
    pub fn output(&self) -> &'static str {
        self.command.split(' ').find(|word| word.starts_with("build/")).unwrap_or("build/m.o")
    }
}

/// All cases.
pub(crate) const CASES: &[Case] = &[
    case("gcc -I", "gcc -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    case("gcc -I absolute", "gcc -I{tree}/inc1 -I{tree}/inc2 -c {tree}/src/m.c -o build/m.o"),
    case("gcc -iquote", "gcc -iquote inc1 -iquote inc2 -Iinc2 -c src/m.c -o build/m.o"),
    case("gcc -isystem", "gcc -isystem inc1 -isystem inc2 -c src/m.c -o build/m.o"),
    case("gcc -idirafter", "gcc -Iinc1 -idirafter inc2 -c src/m.c -o build/m.o"),
    case("gcc -include", "gcc -include forced.h -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    case("gcc -imacros", "gcc -imacros forced.h -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    case("gcc -include searched", "gcc -include b.h -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    case("gcc -B", "gcc -B wrap -B{tree}/tools -Iinc2 -c src/m.c -o build/m.o"),
    case("gcc --sysroot", "gcc --sysroot=root -Iinc1 -isystem =inc2 -Iinc2 -c src/m.c -o build/m.o"),
    case("gcc -specs", "gcc -specs=my.specs -Iinc2 -c src/m.c -o build/m.o"),
    case(
        "gcc -I of the system",
        "gcc -I/usr/local/include -I/usr/include/x86_64-linux-gnu -c src/std.c -o build/m.o",
    ),
    case("gcc system headers", "gcc -c src/std.c -o build/m.o"),
    case("gcc -O2 -g", "gcc -O2 -g -Wall -fPIC -Iinc2 -c src/m.c -o build/m.o"),
    with("gcc CPATH", &["CPATH=inc1:inc2"], "gcc -c src/m.c -o build/m.o"),
    with("gcc C_INCLUDE_PATH", &["C_INCLUDE_PATH=inc1:inc2"], "gcc -c src/m.c -o build/m.o"),
    with("gcc COMPILER_PATH", &["COMPILER_PATH=tools:wrap"], "gcc -Iinc2 -c src/m.c -o build/m.o"),
    with("gcc GCC_EXEC_PREFIX", &["GCC_EXEC_PREFIX=/usr/lib/gcc/"], "gcc -Iinc2 -c src/m.c -o build/m.o"),
    with("gcc by PATH", &["PATH=first:{tree}/second:/usr/bin:/bin"], "gcc -Iinc2 -c src/m.c -o build/m.o"),
    case("gcc __has_include", "gcc -Iinc1 -Iinc2 -c src/has.c -o build/m.o"),
    case("gcc __has_include, hidden", "gcc -Iinc1 -Iinc2 -c src/hidden.c -o build/m.o"),
    case("gcc include, oddly", "gcc -Iinc1 -Iinc2 -c src/odd.c -o build/m.o"),
    case("gcc include_next", "gcc -Iinc1 -Iinc3 -Iinc2 -c src/next.c -o build/m.o"),
    case("gcc .incbin", "gcc -Isrc -c src/bin.c -o build/m.o"),
    case("gcc asm .include", "gcc -Iinc1 -Isrc -c src/inc.c -o build/m.o"),
    case("gcc assembler with cpp", "gcc -Iinc1 -Iinc2 -Isrc -c src/s.S -o build/m.o"),
    case("gcc assembler", "gcc -Iinc1 -Isrc -c src/p.s -o build/m.o"),
    case("gcc -flto", "gcc -flto -frandom-seed=1 -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    case("gcc @file", "gcc @arguments -c src/m.c -o build/m.o"),
    case("g++", "g++ -Iinc1 -Iinc2 -c src/m.cc -o build/m.o"),
    with("g++ CPLUS_INCLUDE_PATH", &["CPLUS_INCLUDE_PATH=inc1:inc2"], "g++ -c src/m.cc -o build/m.o"),
    case("clang -I", "clang -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    case("clang -iquote", "clang -iquote inc1 -iquote inc2 -Iinc2 -c src/m.c -o build/m.o"),
    case("clang -isystem", "clang -isystem inc1 -isystem inc2 -c src/m.c -o build/m.o"),
    case("clang -idirafter", "clang -Iinc1 -idirafter inc2 -c src/m.c -o build/m.o"),
    case("clang -include", "clang -include forced.h -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    case("clang -imacros", "clang -imacros forced.h -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    case("clang -B", "clang -B wrap -Iinc2 -c src/m.c -o build/m.o"),
    case("clang --sysroot", "clang --sysroot=root -Iinc2 -c src/m.c -o build/m.o"),
    case("clang system headers", "clang -c src/std.c -o build/m.o"),
    with("clang CPATH", &["CPATH=inc1:inc2"], "clang -c src/m.c -o build/m.o"),
    case("clang __has_include", "clang -Iinc1 -Iinc2 -c src/has.c -o build/m.o"),
    case("clang __has_include, hidden", "clang -Iinc1 -Iinc2 -c src/hidden.c -o build/m.o"),
    case("clang include_next", "clang -Iinc1 -Iinc3 -Iinc2 -c src/next.c -o build/m.o"),
    case("clang .incbin", "clang -Isrc -c src/bin.c -o build/m.o"),
    case("clang assembler with cpp", "clang -Iinc1 -Iinc2 -Isrc -c src/s.S -o build/m.o"),
    case("clang++", "clang++ -Iinc1 -Iinc2 -c src/m.cc -o build/m.o"),
    link("gcc -L -l", "gcc -shared main.o -Llib1 -Llib2 -lg -o build/m.so"),
    link(
        "gcc -l in both forms",
        "gcc -shared main.o -Llib1 -Llib2 -Wl,-Bstatic -lg -Wl,-Bdynamic -o build/m.so",
    ),
    link("gcc -l:", "gcc -shared main.o -Llib1 -Llib2 -l:libg.a -o build/m.so"),
    link("gcc -l: an object", "gcc -shared main.o -Llib1 -Llib2 -l:v.o -o build/m.so"),
    link("gcc links by -B", "gcc -shared main.o -B start -Bwrap -Llib2 -lg -o build/m.so"),
    link_with("gcc LIBRARY_PATH", &["LIBRARY_PATH=lib1:lib2"], "gcc -shared main.o -lg -o build/m.so"),
    link_with("gcc LD_RUN_PATH", &["LD_RUN_PATH={tree}/lib1"], "gcc -shared main.o -Llib2 -lg -o build/m.so"),
    link("gcc -T", "gcc -shared main.o -Llib2 -T link.ld -o build/m.so"),
    link("gcc links by a script", "gcc -shared main.o -Llib1 -Llib2 -llinked -o build/m.so"),
    link(
        "gcc thin archive",
        "gcc -shared main.o -Wl,--whole-archive -Wl,-z,muldefs thin.a -Wl,--no-whole-archive -o build/m.so",
    ),
    link(
        "gcc needed of needed",
        "gcc main.o -shared -Llib3 -Wl,--no-as-needed,--copy-dt-needed-entries -lneeds -Wl,-rpath-link,lib1:lib2 -Wl,-z,defs -o build/m.so",
    ),
    link("gcc --version-script", "gcc -shared main.o -Llib2 -lg -Wl,--version-script=lib.map -o build/m.so"),
    link("gcc links by @file", "gcc -shared @words -o build/m.so"),
    link("gcc compiles and links", "gcc -shared -fPIC src/main.c -Llib1 -Llib2 -lg -o build/m.so"),
    link("gcc -r", "gcc -r -nostdlib main.o g.o -o build/m.o"),
    link("g++ links", "g++ -shared main.o -Llib1 -Llib2 -lg -lm -o build/m.so"),
    link("gcc links by lto", "gcc -flto -O1 -shared main.o -Llib2 -lg -o build/m.so"),
    link("clang links", "clang -shared main.o -Llib1 -Llib2 -lg -o build/m.so"),
    link("ld", "ld -shared main.o -Llib1 -Llib2 -lg -o build/m.so"),
    link("ar", "ar rc build/m.a main.o g.o"),
    link("ar of a thin archive", "ar rcT build/m.a main.o g.o"),
    link("gcc-ar", "gcc-ar rc build/m.a main.o g.o"),
    wrapped("a script", &[], "wrap/plain -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    wrapped("a script that reads", &[], "wrap/reads -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    wrapped("a script that lists", &[], "wrap/lists -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    wrapped("a link to gcc", &[], "wrap/gcc-link -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    wrapped("a link to a script", &[], "wrap/plain-link -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    wrapped("env", &[], "env gcc -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    wrapped("ccache", &["CCACHE_DIR={tree}/ccache"], "ccache gcc -Iinc1 -Iinc2 -c src/m.c -o build/m.o"),
    wrapped(
        "a link to ccache",
        &["CCACHE_DIR={tree}/ccache", "PATH={tree}/wrap:{tree}/first:/usr/bin:/bin"],
        "gcc -Iinc1 -Iinc2 -c src/m.c -o build/m.o",
    ),
];
