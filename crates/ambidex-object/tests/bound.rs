//! Objects that stay where they are, and why.

use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use ambidex_object::{Bound, Role, canonical, make};
use tempfile::TempDir;

/// Compiles a source, named by its absolute path. Returns nothing if the compiler isn't here.
fn compile(folder: &TempDir, compiler: &str, flags: &[&str], source: &str) -> Option<Vec<u8>> {
    let path = folder.path().join("x.c");
    std::fs::write(&path, source).unwrap();
    let mut command = Command::new(compiler);
    command.args(flags).arg("-c").arg(&path).args(["-o", "x.o"]).current_dir(folder.path());
    let status = command.env("PWD", folder.path()).stderr(Stdio::null()).status().ok()?;
    assert!(status.success(), "{compiler} {flags:?}");
    Some(std::fs::read(folder.path().join("x.o")).unwrap())
}

fn reason(compiler: &str, flags: &[&str], source: &str) -> Option<Result<bool, Bound>> {
    let folder = TempDir::new().unwrap();
    let role = Role { name: "project", path: folder.path().as_os_str().as_bytes() };
    let object = compile(&folder, compiler, flags, source)?;
    Some(canonical(&object, &[role]).map(|form| form.is_some()))
}

const PLAIN: &str = "int work(int a) { return a + 1; }\n";

#[test]
fn each_reason_has_its_name() {
    let wide = "#define W2(x) L##x\n#define W(x) W2(x)\nconst __WCHAR_TYPE__ *name = W(__FILE__);\n";
    let copied = "void work(char *to) { __builtin_memcpy(to, __FILE__, sizeof(__FILE__)); }\n";
    type Expected = fn(&Bound) -> bool;
    let lost = "void fail(const char *);\n\
                static inline int check(int a) { if (a > 1) fail(__FILE__); return a; }\n\
                int work(void) { return check(1); }\n";
    let cases: [(&str, &[&str], &str, Expected); 10] = [
        ("clang-19", &["-g", "-O2"], lost, |b| matches!(b, Bound::Length(_))),
        ("gcc", &["-g"], "const char *name = __FILE__;\n", |b| matches!(b, Bound::Outside { .. })),
        ("gcc", &["-g"], wide, |b| matches!(b, Bound::Outside { .. })),
        ("clang", &["-g", "-O2"], copied, |b| matches!(b, Bound::Outside { .. } | Bound::Pieces { .. })),
        ("gcc", &["-g", "-O2"], copied, |b| matches!(b, Bound::Outside { .. } | Bound::Pieces { .. })),
        ("gcc", &["-g", "-gz"], PLAIN, |b| matches!(b, Bound::Compressed(_))),
        ("gcc", &["-g", "-flto"], PLAIN, |b| matches!(b, Bound::Lto(_))),
        ("gcc", &["-g", "-gsplit-dwarf"], PLAIN, |b| *b == Bound::Split),
        ("gcc", &["-gdwarf-4"], PLAIN, |b| *b == Bound::Order(".debug_str")),
        ("clang", &["-g", "-flto"], PLAIN, |b| matches!(b, Bound::Format(_))),
    ];
    for (compiler, flags, source, expected) in cases {
        match reason(compiler, flags, source) {
            Some(Err(bound)) => assert!(expected(&bound), "{compiler} {flags:?} {source}: {bound:?}"),
            Some(Ok(_)) => panic!("{compiler} {flags:?} {source}: not bound"),
            None => eprintln!("{compiler} is not here"),
        }
    }
}

/// What is shorter than the path is not the path.
#[test]
fn short_literals_do_not_bind() {
    let lost = "void fail(const char *);\n\
                static inline int check(int a) { if (a > 1) fail(\"short\"); return a; }\n\
                int work(void) { return check(1); }\n";
    assert!(matches!(reason("clang-19", &["-g", "-O2"], lost), None | Some(Ok(true))));
}

#[test]
fn without_debug_information_there_is_no_path() {
    assert!(matches!(reason("gcc", &["-O2"], PLAIN), None | Some(Ok(false))));
    assert!(matches!(reason("gcc", &["-g"], PLAIN), None | Some(Ok(true))));
}

#[test]
fn roles_that_are_missing_or_elsewhere_are_named() {
    let folder = TempDir::new().unwrap();
    let Some(object) = compile(&folder, "gcc", &["-g"], PLAIN) else { return };
    let path = folder.path().as_os_str().as_bytes();
    let form = canonical(&object, &[Role { name: "project", path }]).unwrap().unwrap();
    assert_eq!(make(&form, &[]), Err(Bound::Missing("project".to_owned())));
    let roles = [Role { name: "project", path: b"/p/x" }, Role { name: "inner", path: b"/p/x/x.c" }];
    assert!(matches!(make(&form, &roles), Err(Bound::Nesting(_))));
    assert!(matches!(make(&object, &roles), Err(Bound::Format(_))));
}
