//! Reads command lines as they are met in real builds.

use std::collections::BTreeMap;

use ambidex_command::{
    Command, Depfile, InPlaceReason, InputRole, Kind, Language, Lookup, NotUnderstood, OutputRole, Placement,
    ResponseFiles, SearchKind, Span, read,
};
use proptest::prelude::*;

struct NoFiles;

impl ResponseFiles for NoFiles {
    fn read(&self, path: &str) -> std::io::Result<String> {
        match path {
            "objects.rsp" => Ok("a.o 'b c.o'".to_owned()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        }
    }
}

fn argv(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn try_line(line: &str) -> Result<Command, NotUnderstood> {
    read(&argv(line), &BTreeMap::<String, String>::new(), &NoFiles)
}

#[track_caller]
fn line(line: &str) -> Command {
    try_line(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn with_env(line: &str, env: &[(&str, &str)]) -> Result<Command, NotUnderstood> {
    let env: BTreeMap<String, String> = env.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
    read(&argv(line), &env, &NoFiles)
}

fn inputs(command: &Command) -> Vec<(&str, InputRole)> {
    command.inputs.iter().map(|input| (input.path.as_str(), input.role)).collect()
}

fn outputs(command: &Command) -> Vec<&str> {
    command.outputs.iter().map(|output| output.path.as_str()).collect()
}

fn dirs(dirs: &[ambidex_command::SearchDir]) -> Vec<&str> {
    dirs.iter().map(|dir| dir.path.as_str()).collect()
}

fn libraries(command: &Command) -> Vec<(&str, bool)> {
    command.libraries.iter().map(|library| (library.name.as_str(), library.static_only)).collect()
}

/// Command lines with their kind, inputs, outputs and whether the output may be renamed.
#[test]
fn kinds() {
    use Kind::{Archive, Compile, CompileAndLink, Index, Link, Preprocess, Query};
    let cases: &[(&str, Kind, &str, &str, bool)] = &[
        // setuptools
        (
            "gcc -pthread -Wno-unused-result -Wsign-compare -DNDEBUG -g -fwrapv -O3 -Wall -fPIC -Isrc \
             -I/usr/include/python3.11 -c src/a.c -o build/temp.linux-x86_64-cpython-311/src/a.o -DVAL=12",
            Compile,
            "src/a.c",
            "build/temp.linux-x86_64-cpython-311/src/a.o",
            true,
        ),
        (
            "gcc -pthread -shared -Wl,-rpath,/x -Lbuild/temp build/temp/a.o -L/usr/lib -lfoo \
             -o build/lib/a.cpython-311-x86_64-linux-gnu.so -Wl,--version-script=x.map",
            Link,
            "build/temp/a.o x.map",
            "build/lib/a.cpython-311-x86_64-linux-gnu.so",
            true,
        ),
        (
            "x86_64-linux-gnu-gcc -pthread -shared -Wl,-O1 -Wl,-Bsymbolic-functions -g -fwrapv -O2 -Wl,-z,relro \
             a.o -o a.so",
            Link,
            "a.o",
            "a.so",
            true,
        ),
        ("g++ -shared -Wl,--enable-new-dtags,-R/opt/lib a.o -o a.so", Link, "/opt/lib a.o", "a.so", true),
        // Debian
        (
            "x86_64-linux-gnu-gcc-12 -Wsign-compare -g -fstack-protector-strong -fstack-clash-protection -Wformat \
             -Werror=format-security -fcf-protection -ffile-prefix-map=/build/x=. -Wdate-time \
             -D_FORTIFY_SOURCE=2 -c a.c -o a.o",
            Compile,
            "a.c",
            "a.o",
            true,
        ),
        // Fedora
        (
            "gcc -O2 -flto=auto -ffat-lto-objects -fexceptions -pipe -Wp,-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=3 \
             -Wp,-D_GLIBCXX_ASSERTIONS -specs=/usr/lib/rpm/redhat/redhat-hardened-cc1 -m64 -march=x86-64-v2 \
             -mtune=generic -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -c a.c -o a.o",
            Compile,
            "/usr/lib/rpm/redhat/redhat-hardened-cc1 a.c",
            "a.o",
            true,
        ),
        (
            "g++ -shared -Wl,-z,relro -Wl,--as-needed -Wl,-z,pack-relative-relocs -Wl,-z,now \
             -specs=/usr/lib/rpm/redhat/redhat-hardened-ld -Wl,--build-id=sha1 a.o -o a.so",
            Link,
            "/usr/lib/rpm/redhat/redhat-hardened-ld a.o",
            "a.so",
            true,
        ),
        // conda
        (
            "x86_64-conda-linux-gnu-cc -march=nocona -mtune=haswell -ftree-vectorize -isystem /x/include \
             -fdebug-prefix-map=a=b -Wl,--disable-new-dtags -Wl,--gc-sections -Wl,--allow-shlib-undefined \
             -Wl,-rpath-link,/x -c a.c -o a.o",
            Compile,
            "a.c",
            "a.o",
            true,
        ),
        (
            "x86_64-conda-linux-gnu-c++ -shared -Wl,-rpath -Wl,/x/lib -Wl,-rpath-link,/x -Wl,--sort-common \
             -Xlinker -soname -Xlinker a.so a.o -o a.so",
            Link,
            "a.o",
            "a.so",
            true,
        ),
        // Gentoo
        (
            "x86_64-pc-linux-gnu-g++ -shared -O2 -Wl,-O1,--as-needed,-z,pack-relative-relocs -nopie a.o -oa.so",
            Link,
            "a.o",
            "a.so",
            true,
        ),
        ("ccache gcc -c a.c", Compile, "a.c", "a.o", true),
        ("gcc -c ../src/a.b.c", Compile, "../src/a.b.c", "a.b.o", true),
        ("gcc -S a.c", Compile, "a.c", "a.s", true),
        ("gcc -c a.c b.cc", Compile, "a.c b.cc", "a.o b.o", false),
        ("gcc -c a.c -o /dev/null", Compile, "a.c", "", false),
        ("clang -x c -c a.txt -o a.o", Compile, "a.txt", "a.o", true),
        ("cc -include config.h -imacros m.h -c a.c -o a.o", Compile, "config.h m.h a.c", "a.o", true),
        ("gcc -E a.c", Preprocess, "a.c", "", false),
        ("gcc -E a.c -o a.i", Preprocess, "a.c", "a.i", true),
        ("gcc -E -dM -x c /dev/null", Preprocess, "", "", false),
        ("gcc -fsyntax-only a.c", Preprocess, "a.c", "", false),
        ("gcc -M a.c", Preprocess, "a.c", "", false),
        ("gcc -MM a.c -MF a.d", Preprocess, "a.c", "a.d", false),
        ("gcc a.c", CompileAndLink, "a.c", "a.out", true),
        ("gcc a.c b.o -o prog -lm", CompileAndLink, "a.c b.o", "prog", true),
        ("gcc a.o libx.a liby.so.1.2 odd.txt", Link, "a.o libx.a liby.so.1.2 odd.txt", "a.out", true),
        ("gcc -r a.o b.o -o c.o", Link, "a.o b.o", "c.o", true),
        ("gcc -shared -Wl,--whole-archive,libx.a,--no-whole-archive -o x.so", Link, "libx.a", "x.so", true),
        (
            "gcc a.o -T link.ld -Wl,--dynamic-list=d -Wl,--just-symbols=s",
            Link,
            "a.o link.ld d s",
            "a.out",
            true,
        ),
        ("ld -shared -o x.so a.o --version-script v -L. -lfoo", Link, "a.o v", "x.so", true),
        ("ld.gold -omagic a.o", Link, "a.o", "magic", true),
        ("ld --omagic a.o", Link, "a.o", "a.out", true),
        ("ar rcs libx.a a.o b.o", Archive, "libx.a a.o b.o", "libx.a", true),
        ("ar -cr libx.a a.o", Archive, "libx.a a.o", "libx.a", true),
        ("gcc-ar crD libx.a a.o", Archive, "libx.a a.o", "libx.a", true),
        ("llvm-ar --plugin X -cq libx.a a.o", Archive, "libx.a a.o", "libx.a", true),
        ("ar -X32_64 --target=elf64 rc libx.a a.o", Archive, "libx.a a.o", "libx.a", true),
        ("ar rcT libx.a a.o", Archive, "libx.a a.o", "libx.a", false),
        ("ar rcP libx.a a.o", Archive, "libx.a a.o", "libx.a", false),
        ("ar rcu libx.a a.o", Archive, "libx.a a.o", "libx.a", false),
        ("ar rv libx.a a.o", Archive, "libx.a a.o", "libx.a", false),
        ("ar t libx.a", Archive, "libx.a", "", false),
        ("ar p libx.a a.o", Archive, "libx.a", "", false),
        ("ar s libx.a", Index, "libx.a", "libx.a", true),
        ("ranlib libx.a", Index, "libx.a", "libx.a", true),
        ("gcc-ranlib -D libx.a", Index, "libx.a", "libx.a", true),
        ("gcc --version", Query, "", "", false),
        ("gcc -v", Query, "", "", false),
        ("gcc -dumpmachine", Query, "", "", false),
        ("gcc -print-file-name=libc.so", Query, "", "", false),
        ("gcc -### -c a.c", Query, "", "", false),
        ("ld --version", Query, "", "", false),
        ("ld -v", Query, "", "", false),
        ("ar --version", Query, "", "", false),
        ("ranlib -V", Query, "", "", false),
    ];
    for (text, kind, reads, writes, renamable) in cases {
        let command = line(text);
        assert_eq!(command.kind, *kind, "{text}");
        let paths: Vec<&str> = command.inputs.iter().map(|input| input.path.as_str()).collect();
        assert_eq!(paths, reads.split_whitespace().collect::<Vec<_>>(), "{text}");
        assert_eq!(outputs(&command), writes.split_whitespace().collect::<Vec<_>>(), "{text}");
        assert_eq!(command.placement == Placement::Renamable, *renamable, "{text}");
    }
}

#[test]
fn side_files() {
    use InPlaceReason::{PathRecorded, PathsPrinted, SideFiles};
    for (text, expected, reason) in [
        ("gcc --coverage -c a.c -o o/a.o", "o/a.o o/a.gcno", SideFiles),
        ("gcc -fprofile-arcs -ftest-coverage -c a.c -o o/a.o", "o/a.o o/a.gcno", SideFiles),
        ("gcc --coverage -ftest-coverage -c x/a.c", "a.o a.gcno", SideFiles),
        ("gcc -fprofile-generate -c a.c -o o/a.o", "o/a.o", PathRecorded),
        ("gcc -frecord-gcc-switches -c a.c -o o/a.o", "o/a.o", PathRecorded),
        ("gcc -g -gsplit-dwarf -c a.c -o o/a.o", "o/a.o o/a.dwo", SideFiles),
        ("gcc -fstack-usage -c a.c -o o/a.o", "o/a.o o/a.su", SideFiles),
        ("gcc -fcallgraph-info=su -c a.c -o o/a.o", "o/a.o o/a.ci", SideFiles),
        ("gcc -aux-info o/a.X -c a.c -o o/a.o", "o/a.o o/a.X", SideFiles),
        ("clang -ftime-trace -c a.c -o o/a.o", "o/a.o o/a.json", SideFiles),
        ("clang -MJ a.json -c a.c -o o/a.o", "o/a.o a.json", SideFiles),
        ("clang --serialize-diagnostics d.dia -c a.c -o o/a.o", "o/a.o d.dia", SideFiles),
        ("gcc -MD -c a.c -o o/a.o", "o/a.o o/a.d", SideFiles),
        ("gcc -MMD -MP -MT x -MF o/dep -c a.c -o o/a.o", "o/a.o o/dep", SideFiles),
        ("gcc -Wp,-MMD,o/.a.o.d -c a.c -o o/a.o", "o/a.o o/.a.o.d", SideFiles),
        ("gcc -MMD a.c -o o/prog", "o/prog o/prog.d", SideFiles),
        ("gcc a.o -o x.so -Wl,-Map=x.map", "x.so x.map", SideFiles),
        ("gcc a.o -o x.so -Wl,-Map,x.map", "x.so x.map", SideFiles),
        ("gcc a.o -o x.so -Wl,--dependency-file=x.d,--out-implib,x.lib", "x.so x.d x.lib", SideFiles),
        ("gcc a.o -o x.so -Wl,-M", "x.so", PathsPrinted),
        ("ld a.o -o x.so --cref", "x.so", PathsPrinted),
        ("ld a.o -o x.so -Map=/dev/stdout", "x.so", PathsPrinted),
    ] {
        let command = line(text);
        assert_eq!(outputs(&command), expected.split(' ').collect::<Vec<_>>(), "{text}");
        assert_eq!(command.placement, Placement::InPlace(reason), "{text}");
        assert_eq!(command.outputs[0].role, OutputRole::Primary, "{text}");
        assert!(command.outputs[1..].iter().all(|output| output.role == OutputRole::Side), "{text}");
    }
    // Nothing is compiled, so nothing is written beside.
    assert_eq!(line("gcc -fprofile-arcs --coverage -shared a.o -o a.so").placement, Placement::Renamable);
    let lto = line("gcc -flto -fprofile-generate -shared a.o -o a.so");
    assert_eq!(lto.placement, Placement::InPlace(PathRecorded));
}

#[test]
fn depfiles() {
    for (text, expected) in [
        ("gcc -c a.c", Depfile::Inject),
        ("gcc -c a.S", Depfile::Inject),
        ("gcc -E a.c -o a.i", Depfile::Inject),
        ("gcc a.c -o prog", Depfile::Inject),
        ("gcc -c a.i", Depfile::None),
        ("gcc -c a.s", Depfile::Unknown),
        ("gcc a.c b.c", Depfile::Unknown),
        ("gcc a.o", Depfile::None),
        ("gcc -MD -c a.c -o b.o", Depfile::Own { path: "b.d".to_owned(), system_headers: true }),
        ("gcc -MMD -c a.c -o b.o", Depfile::Own { path: "b.d".to_owned(), system_headers: false }),
        ("gcc -MMD -MFx -c a.c -o b.o", Depfile::Own { path: "x".to_owned(), system_headers: false }),
        ("gcc -MD -MF /dev/null -c a.c -o b.o", Depfile::Unknown),
        ("gcc -MM a.c -o x", Depfile::Own { path: "x".to_owned(), system_headers: false }),
        ("ar rcs libx.a a.o", Depfile::None),
    ] {
        assert_eq!(line(text).depfile, expected, "{text}");
    }
}

#[test]
fn languages() {
    for (text, expected) in [
        ("gcc -c a.c", Some(Language::C)),
        ("g++ -c a.c", Some(Language::Cxx)),
        ("gcc -c a.C", Some(Language::Cxx)),
        ("gcc -c -x c++ a.c", Some(Language::Cxx)),
        ("g++ -c -xc a.cc", Some(Language::C)),
        ("gcc -c a.sx", Some(Language::AssemblerWithCpp)),
        ("clang -c a.mm", Some(Language::ObjCxx)),
        ("gcc a.o", None),
    ] {
        assert_eq!(line(text).language, expected, "{text}");
    }
    let mixed = line("gcc -x c a.txt -x none b.o -o prog");
    assert_eq!(inputs(&mixed), [("a.txt", InputRole::Source), ("b.o", InputRole::Object)]);
}

#[test]
fn search_dirs() {
    let command = with_env(
        "g++ -Ia -I b -iquote c -isystemd -idirafter e -Bf -c a.cc",
        &[("CPATH", "g:"), ("CPLUS_INCLUDE_PATH", "h"), ("C_INCLUDE_PATH", "no")],
    )
    .unwrap();
    assert_eq!(dirs(&command.include_dirs), ["a", "b", "c", "d", "e", "f/include", "g", ".", "h"]);
    let kinds: Vec<SearchKind> = command.include_dirs.iter().map(|dir| dir.kind).collect();
    use SearchKind::{After, Include, Prefix, Quote, System};
    assert_eq!(kinds, [Include, Include, Quote, System, After, Prefix, Include, Include, System]);
    assert_eq!(command.include_dirs[1].first_arg, Some(2));
    assert_eq!(command.include_dirs[1].span, Some(Span { arg: 3, start: 0, end: 1 }));

    let command = with_env(
        "gcc a.o -La -L b -Wl,-Lc -Xlinker -L -Xlinker d -Wl,--library-path=e",
        &[("LIBRARY_PATH", "f")],
    )
    .unwrap();
    assert_eq!(dirs(&command.library_dirs), ["a", "b", "c", "d", "e", "f"]);
    let firsts: Vec<_> = command.library_dirs.iter().map(|dir| dir.first_arg).collect();
    assert_eq!(firsts, [Some(2), Some(3), Some(5), Some(6), Some(10), None]);
}

#[test]
fn library_names() {
    let command =
        line("gcc a.o -la -Wl,-Bstatic -l b -Wl,--push-state,-Bdynamic -lc -Wl,--pop-state -l:libd.a");
    assert_eq!(libraries(&command), [("a", false), ("b", true), ("c", false), (":libd.a", true)]);
    assert_eq!(command.libraries[0].file_names(), ["liba.so", "liba.a"]);
    assert_eq!(command.libraries[1].file_names(), ["libb.a"]);
    assert_eq!(command.libraries[3].file_names(), ["libd.a"]);
    assert_eq!(libraries(&line("gcc -static a.o -la -Wl,-Bdynamic -lb")), [("a", true), ("b", false)]);
    assert_eq!(libraries(&line("gcc -c a.c -la")), []);
}

#[test]
fn response_files() {
    let command = line("ccache gcc -shared @objects.rsp -o x.so");
    assert!(command.expanded);
    assert_eq!(command.tool, 1);
    assert_eq!(inputs(&command), [("a.o", InputRole::Object), ("b c.o", InputRole::Object)]);
    assert_eq!(command.inputs[1].span, Span { arg: 4, start: 0, end: 5 });
    let members = line("ar rcs libx.a @objects.rsp");
    assert_eq!(members.inputs.len(), 3);
}

#[test]
fn rewriting() {
    let command = line("gcc -shared a.o -Lx -Wl,--version-script=v,-Map=m -o a.so");
    let span = |path: &str| command.inputs.iter().find(|input| input.path == path).unwrap().span;
    let map = command.outputs[1].span.unwrap();
    assert_eq!(
        command.with_replacements(&[(map, "MM"), (span("v"), "VV"), (span("a.o"), "k/a.o")]).join(" "),
        "gcc -shared k/a.o -Lx -Wl,--version-script=VV,-Map=MM -o a.so"
    );
    let first_arg = command.library_dirs[0].first_arg.unwrap();
    assert_eq!(
        command
            .rewrite()
            .output("k/a.so")
            .insert_before(first_arg, ["-Ly"])
            .append(["-s"])
            .finish()
            .join(" "),
        "gcc -shared a.o -Ly -Lx -Wl,--version-script=v,-Map=m -o k/a.so -s"
    );
    let implied = line("gcc -c x/a.c");
    assert_eq!(implied.renamed_argv("k/a.o", &[]).join(" "), "gcc -c x/a.c -o k/a.o");
    let joined = line("gcc -c a.c -oa.o");
    assert_eq!(joined.renamed_argv("k/a.o", &[]).join(" "), "gcc -c a.c -ok/a.o");
    let archive = line("ar rcs libx.a a.o");
    assert_eq!(
        archive.renamed_argv("k/libx.a", &[(archive.inputs[0].span, "k/libx.a")]).join(" "),
        "ar rcs k/libx.a a.o"
    );
}

#[test]
fn roles_that_can_be_substituted() {
    let command = line("gcc a.c b.o libc.a libd.so -include e.h -Wl,-T,f -o x");
    let substitutable: Vec<&str> = command
        .inputs
        .iter()
        .filter(|input| input.role.substitutable())
        .map(|input| input.path.as_str())
        .collect();
    assert_eq!(substitutable, ["b.o", "libc.a"]);
}

/// Command lines that are not understood, one a line, under headings.
const NOT_UNDERSTOOD: &str = "\
# tools
nvcc -c a.cu
icc -c a.c
cl /c a.c
gfortran -c a.f90
my-gcc -c a.c
python3 x.py
env -i gcc -c a.c
ccache -s
x86_64-w64-mingw32-gcc -c a.c
# options
gcc -frobnicate=/x/y -c a.c
gcc --frobnicate -c a.c
gcc -Z -c a.c
gcc -o
gcc -c a.c -I
gcc -fplugin=x.so -c a.c
gcc -fplugin-arg-x-y=z -c a.c
gcc -wrapper x -c a.c
gcc -arch arm64 -c a.c
gcc -fmodules-ts -c a.cc
clang -fmodules -c a.c
gcc -fdump-tree-all -c a.c
gcc -save-temps -c a.c
gcc -save-temps=obj -c a.c
gcc -dumpbase x -c a.c
gcc -dumpdir x -c a.c
gcc -da -c a.c
gcc -dM -c a.c
gcc -fopt-info-vec=x -c a.c
gcc -fsave-optimization-record -c a.c
gcc -fdiagnostics-format=sarif-file -c a.c
gcc -fprofile-use -c a.c
gcc -fprofile-use=x -c a.c
gcc -fauto-profile -c a.c
gcc -fcompare-debug -c a.c
gcc -flto-incremental=x a.o
clang -emit-llvm -c a.c
clang -cc1 a.c
clang --config x -c a.c
clang -Xclang -load -c a.c
clang -mllvm -x -c a.c
clang --target=x86_64-pc-windows-msvc -c a.c
clang -emit-pch a.h
clang -gen-cdb-fragment-path x -c a.c
clang -fthinlto-index=x -c a.c
clang -include-pch x -c a.c
gcc -iprefix x -c a.c
gcc -I- -c a.c
gcc -I=x -c a.c
gcc -L=x a.o
gcc -Ttext=0 a.o
gcc -Xpreprocessor -MD -c a.c
gcc -Wp,-dM -c a.c
gcc -Wp,-MD -c a.c
gcc -Wa,-adhln=x -c a.c
gcc -Wa,-o,x -c a.c
gcc -Wa,--MD,x -c a.c
gcc -Wa,--defsym -c a.c
gcc -Xassembler -a -c a.c
clang -framework Cocoa a.o
clang -emit-ast -c a.c
clang -extract-api a.c
clang -help -c a.c
clang -objcmt-migrate-all -c a.m
clang -ObjC++ -c a.c
gcc -fdeps-format=p1689r5 -c a.cc
clang -gmodules -c a.c
# combinations
gcc -c -S a.c
gcc -c a.c -o a.o -o b.o
gcc -c a.c b.c -o x.o
gcc -MF x -c a.c
gcc -MT x -c a.c
gcc -MD -MMD -c a.c
gcc -MD -E a.c
gcc -MD a.c b.c -o x
gcc -MD a.c
gcc -M -MD a.c
gcc --coverage a.c -o x
gcc -MD -c a.s
gcc --coverage -c a.S
gcc -M --coverage a.c
clang -mllvm=-x -c a.c
gcc -include /dev/stdin -c a.c
gcc -gsplit-dwarf a.c
gcc -gsplit-dwarf -S a.c
gcc --version -c a.c
gcc -fstack-usage -flto a.o
gcc -MD -Wp,-MD,x -c a.c
gcc --coverage -c a.c -o /dev/null
# operands
gcc
gcc -c
gcc -shared -o x.so
gcc -E -
gcc -x c -
gcc -x f77 -c a.f
gcc -c a.f90
gcc -c a.h
gcc -x c-header a.h
gcc -c a.go
gcc -c a.o
gcc -c odd
gcc -c /dev/stdin
gcc -c a.d
gcc -c a.ads
gcc @missing
# linker
gcc a.o -Wl,--frobnicate
gcc a.o -Wl,-plugin,x
gcc a.o -Wl,--reproduce=x
gcc a.o -Wl,-o,x
gcc a.o -Wl,-rpath
gcc -Wl,-rpath a.o -o x
gcc a.o -Wl,@x
gcc a.o -Wl,--version
gcc a.o -Wl,
gcc a.o -Wl,-Map=%.map
ld
ld -c script
ld -b binary a.txt
ld a.o -o x -o y
ld --version a.o
gcc a.o -Wl,-rpat,x
ld -plugin x a.o
ld a.o @missing
# archiver
ar
ar rcs
ar d libx.a a.o
ar x libx.a
ar m libx.a a.o
ar -M
ar ra b.o libx.a a.o
ar rb b.o libx.a a.o
ar rt libx.a
ar c libx.a
ar rcs libx.a -x
ar --output x libx.a
ar rcN 1 libx.a a.o
ranlib
ranlib -t libx.a
ranlib a.a b.a
";

#[test]
fn not_understood() {
    for text in NOT_UNDERSTOOD.lines().filter(|line| !line.starts_with('#')) {
        if let Ok(command) = try_line(text) {
            panic!("{text} is understood: {command:?}");
        }
    }
}

#[test]
fn not_understood_says_why() {
    for (text, expected) in [
        ("nvcc -c a.cu", "`nvcc` is no known compiler, linker or archiver"),
        ("gcc --frob -c a.c", "option `--frob` is not known"),
        ("gcc a.o -Wl,--frob", "option `--frob` is not known"),
        ("gcc -c a.c -o x -o y", "two outputs are named: `x` and `y`"),
        ("gcc -c a.c -o", "option `-o` lacks its value"),
        ("gcc -O2", "no input is named"),
        ("gcc -c -", "`-` reads the standard input"),
        ("gcc -c a.h", "`a.h` would become a precompiled header"),
        ("gcc -c a.f90", "`a.f90` is in a language that is not known"),
        ("ar d libx.a", "archive operation `d` is not known"),
    ] {
        assert_eq!(try_line(text).unwrap_err().to_string(), expected);
    }
    let missing = try_line("gcc @missing").unwrap_err().to_string();
    assert!(missing.starts_with("response file `missing` could not be read: "), "{missing}");
    for name in ["DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES", "CCC_OVERRIDE_OPTIONS", "LLD_REPRODUCE"] {
        let error = with_env("gcc -c a.c", &[(name, "x")]).unwrap_err();
        assert_eq!(error, NotUnderstood::Environment(name.to_owned()));
    }
    let error = try_line("env DEPENDENCIES_OUTPUT=x gcc -c a.c").unwrap_err();
    assert_eq!(error, NotUnderstood::Environment("DEPENDENCIES_OUTPUT".to_owned()));
}

/// Words that make up command lines, good and bad ones.
const WORDS: &[&str] = &[
    "-c",
    "-o",
    "-oé.o",
    "out.o",
    "a.c",
    "b.cc",
    "c.o",
    "libd.a",
    "e.so.1",
    "-Ix",
    "-I",
    "dir",
    "-DX=1",
    "-O2",
    "-g",
    "-Lx",
    "-lfoo",
    "-l",
    "-shared",
    "-Wl,-rpath,/x",
    "-Wl,-rpath",
    "-Wl,/y",
    "-Wl,--version-script=v,-Map=m",
    "-Wl,-L,q,-lz",
    "-Xlinker",
    "-MD",
    "-MF",
    "dep.d",
    "--coverage",
    "-include",
    "cfg.h",
    "-Wp,-MMD,p.d,-Iw",
    "-x",
    "c",
    "none",
    "-static",
    "-",
    "@objects.rsp",
    "-é",
    "é.c",
    "-Wa,--noexecstack",
    "rcs",
    "-E",
    "-S",
    "-T",
    "s.ld",
    "-Bp",
    "--sysroot=/",
    "-save-temps",
    "-R",
    "-Wl,",
    ",",
    "",
    "-v",
];

const TOOLS: &[&str] = &["gcc", "clang++", "ar", "ranlib", "ld"];

fn spans(command: &Command) -> Vec<Span> {
    let inputs = command.inputs.iter().map(|input| input.span);
    let outputs = command.outputs.iter().filter_map(|output| output.span);
    let dirs = command.include_dirs.iter().chain(&command.library_dirs).filter_map(|dir| dir.span);
    let libraries = command.libraries.iter().map(|library| library.span);
    inputs.chain(outputs).chain(dirs).chain(libraries).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Replacing every span by its own text changes nothing, and every span holds what it is said to hold.
    #[test]
    fn spans_round_trip(
        tool in prop::sample::select(TOOLS),
        words in prop::collection::vec(prop::sample::select(WORDS), 0..10),
    ) {
        let argv: Vec<String> = std::iter::once(tool).chain(words).map(str::to_owned).collect();
        let Ok(command) = read(&argv, &BTreeMap::<String, String>::new(), &NoFiles) else {
            return Ok(());
        };
        let own: Vec<(Span, &str)> = spans(&command)
            .into_iter()
            .map(|span| (span, &command.argv[span.arg][span.start..span.end]))
            .collect();
        prop_assert_eq!(&command.with_replacements(&own), &command.argv);
        for input in &command.inputs {
            let span = input.span;
            prop_assert_eq!(&input.path, &command.argv[span.arg][span.start..span.end]);
        }
        for output in &command.outputs {
            if let Some(span) = output.span {
                prop_assert_eq!(&output.path, &command.argv[span.arg][span.start..span.end]);
            }
        }
        for dir in command.include_dirs.iter().chain(&command.library_dirs) {
            if let Some(span) = dir.span {
                prop_assert_eq!(&dir.path, &command.argv[span.arg][span.start..span.end]);
            }
        }
        if command.placement == Placement::Renamable {
            prop_assert_eq!(command.outputs.len(), 1);
            let renamed = command.renamed_argv("k/out", &[]);
            let again = read(&renamed, &BTreeMap::<String, String>::new(), &NoFiles).unwrap();
            prop_assert_eq!(&again.outputs[0].path, "k/out");
            prop_assert_eq!(again.kind, command.kind);
        }
    }

    /// Whatever the arguments, reading them doesn't panic.
    #[test]
    fn never_panics(words in prop::collection::vec("\\PC{0,12}", 0..6), tool in prop::sample::select(TOOLS)) {
        let argv: Vec<String> = std::iter::once(tool.to_owned()).chain(words).collect();
        let _ = read(&argv, &BTreeMap::<String, String>::new(), &NoFiles);
    }
}

#[test]
fn environment_lookup() {
    let env = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
    assert_eq!(Lookup::get(&env, "A"), Some("1"));
    assert_eq!(Lookup::get(&env, "B"), None);
}
