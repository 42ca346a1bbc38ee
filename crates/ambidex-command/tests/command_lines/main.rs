//! Reads command lines as they occur in real builds.

mod kinds;
mod not_understood;

use std::collections::BTreeMap;

use ambidex_command::{
    Command, Depfile, InPlaceReason, InputRole, Language, Lookup, NotUnderstood, OutputRole, Placement,
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
    // Nothing is compiled, so no file is written beside the output.
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

/// Words of command lines, good and bad ones.
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

    /// Replacing every span with its own text changes nothing, and every span contains the text that belongs to it.
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

    /// Reading never panics, whatever the arguments are.
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
