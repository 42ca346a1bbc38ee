//! Command lines of real builds: their kinds, inputs and outputs, and whether the outputs may be renamed.

use ambidex_command::Kind::{Archive, Compile, CompileAndLink, Index, Link, Preprocess, Query};
use ambidex_command::{Kind, Placement};

use super::{line, outputs};

/// Command lines with their kind, inputs and outputs, and whether the output may be renamed.
const CASES: &[(&str, Kind, &str, &str, bool)] = &[
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
    ("gcc a.o -T link.ld -Wl,--dynamic-list=d -Wl,--just-symbols=s", Link, "a.o link.ld d s", "a.out", true),
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

#[test]
fn kinds() {
    for (text, kind, reads, writes, renamable) in CASES {
        let command = line(text);
        assert_eq!(command.kind, *kind, "{text}");
        let paths: Vec<&str> = command.inputs.iter().map(|input| input.path.as_str()).collect();
        assert_eq!(paths, reads.split_whitespace().collect::<Vec<_>>(), "{text}");
        assert_eq!(outputs(&command), writes.split_whitespace().collect::<Vec<_>>(), "{text}");
        assert_eq!(command.placement == Placement::Renamable, *renamable, "{text}");
    }
}
