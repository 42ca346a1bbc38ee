//! Command lines that are not understood, and so are left to Python.

use super::*;

/// Command lines, one on each line, under headings.
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
        ("nvcc -c a.cu", "`nvcc` is not a known compiler, linker or archiver"),
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
