//! A browser with a page of a large build in it.

mod browser;

use ambidex_report::{Bar, Build, Command, Done, Header, Input, Past, Wait, html};

pub use browser::Page;

/// The number of commands of one extension: its compilations, and a link.
pub const EACH: usize = 50;

/// Returns a build of this many commands. Each extension compiles `src/common.c` with a macro of its own.
pub fn build(commands: usize) -> Build {
    let mut build =
        Build { version: "1.2.3".to_owned(), directory: "/home/me/project".to_owned(), ..Build::default() };
    for index in 0..commands {
        let (extension, at) = (index / EACH, index % EACH);
        build.commands.push(command(extension, at, index));
        let slot = index % 8;
        let from = index as u64 / 8 * 40_000 + slot as u64 * 1000;
        let to = from + 20_000 + (index as u64 * 7919) % 19_000;
        build.bars.push(Bar {
            slot: u32::try_from(slot).unwrap(),
            from,
            to,
            command: Some(index),
            output: build.commands[index].outputs[0].clone(),
        });
    }
    let readers = |header: usize| (0..commands).filter(|index| index % (header + 1) == 0).collect();
    let header = |number| Header { path: format!("/usr/include/h{number}.h"), readers: readers(number) };
    build.headers = (0..300).map(header).collect();
    let wait = |number: u64| Wait {
        program: 0,
        why: "looked at a pending output".to_owned(),
        what: format!("build/lib/ext_{number}.so"),
        from: number * 900_000,
        to: number * 900_000 + 300_000,
        is_last: number == 19,
    };
    build.waits = (0..20).map(wait).collect();
    let wall = commands as u64 / 8 * 40_000 + 60_000;
    let ran = u32::try_from(commands).unwrap();
    let past = |number: u64| Past {
        began: 1_800_000_000_000_000 + number * 60_000_000,
        wall: wall + number * 10_000,
        jobs: 8,
        ran,
        ..Past::default()
    };
    build.past = (0..12).map(past).collect();
    build
}

fn command(extension: usize, at: usize, index: usize) -> Command {
    let name = format!("ext_{extension}");
    let object = |at: usize| match at {
        0 => "/home/me/project/build/temp/src/common.o".to_owned(),
        _ => format!("/home/me/project/build/temp/src/{name}/file_{extension}_{at}.o"),
    };
    let flags = "gcc -Wall -O2 -g -fPIC -fwrapv -DNDEBUG -Iinclude -Isrc -I/usr/include/python3.11";
    let mut arguments: Vec<String> = flags.split(' ').map(str::to_owned).collect();
    let is_link = at == EACH - 1;
    let (kind, inputs, output) = if is_link {
        let input = |at: usize| Input { path: object(at), writer: Some(index + 1 + at - EACH) };
        ("link", (0..EACH - 1).map(input).collect(), format!("/home/me/project/build/lib/{name}.so"))
    } else {
        let source = object(at).replace("/build/temp", "").replace(".o", ".c");
        arguments.extend([format!("-DEXT={extension}"), "-c".to_owned(), source.clone()]);
        ("compile", vec![Input { path: source, writer: None }], object(at))
    };
    arguments.extend(["-o".to_owned(), output.clone()]);
    Command {
        kind,
        arguments,
        directory: "/home/me/project".to_owned(),
        extensions: vec![name],
        inputs,
        outputs: vec![output],
        done: if at == 5 { Done::Cached } else { Done::Run },
        reason: "no earlier run is known".to_owned(),
        duration: Some(20_000 + (index as u64 * 7919) % 19_000),
        ..Command::default()
    }
}

/// Opens the page of a build. Returns `None`, and says so, if there is no browser.
pub fn open(build: &Build) -> Option<Page> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    std::fs::write(&file, html(build)).unwrap();
    Page::open(&file)
}
