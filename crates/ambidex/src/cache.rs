//! `ambidex cache`: manual operations on the store, and their output.

use std::path::Path;

use ambidex_engine::{Calls, Report};
use ambidex_store::{Day, Exported, Imported, Stats, Store, Uses};
use serde::Serialize;

use crate::args::{CacheArgs, CacheCommand, Format};
use crate::error::Error;
use crate::store_location::{self, shown};
use crate::tell;

/// The output of `stats --format json`. Sizes are in bytes.
#[derive(Serialize)]
struct Told {
    folder: String,
    limit: u64,
    bytes: u64,
    files: u64,
    records: u64,
    days: Vec<ToldDay>,
}

/// What builds of a day needed that was not up to date in their trees.
#[derive(Serialize)]
struct ToldDay {
    days_ago: u64,
    builds: u64,
    cached: u64,
    remote: u64,
    executed: u64,
}

/// How many days the text shows.
const SHOWN: usize = 7;

/// Runs one of the subcommands. The exit code is 1 if `verify` found damage.
pub(crate) fn cache(args: &CacheArgs) -> Result<u8, Error> {
    let store = store_location::open()?.ok_or(Error::NoStore)?;
    match &args.command {
        CacheCommand::Stats { format } => stats(&store, *format),
        CacheCommand::Gc => collect(&store),
        CacheCommand::Verify => verify(&store),
        CacheCommand::Clear => {
            store.clear()?;
            tell::print(&format!("{} is empty\n", store.folder().display()))?;
            Ok(0)
        }
        CacheCommand::Export { file, all } => export(&store, file, *all),
        CacheCommand::Import { file } => import(&store, file),
    }
}

fn export(store: &Store, file: &Path, all: bool) -> Result<u8, Error> {
    let exported = store.export(file, all)?;
    let Exported { records, bytes, .. } = exported;
    tell::print(&format!("wrote {} and {records} records, {}\n", files(exported.files), shown(bytes)))?;
    Ok(0)
}

fn import(store: &Store, file: &Path) -> Result<u8, Error> {
    let imported = store.import(file)?;
    let Imported { records, refused, without_room, .. } = imported;
    tell::print(&format!("took in {} and {records} records\n", files(imported.files)))?;
    if without_room > 0 {
        tell::print(&format!(
            "there was no room for {}; AMBIDEX_CACHE_SIZE gives more\n",
            files(without_room)
        ))?;
    }
    if refused > 0 {
        tell::print(&format!("refused {refused} damaged parts\n"))?;
    }
    Ok(u8::from(refused > 0))
}

fn stats(store: &Store, format: Format) -> Result<u8, Error> {
    let Stats { files, records, bytes, limit } = store.stats()?;
    // JSON can't represent a path that isn't Unicode.
    let folder = store.folder().display().to_string();
    let days = store.uses()?;
    let text = match format {
        Format::Json => {
            let days = days.iter().map(told).collect();
            let told = Told { folder, limit, bytes, files, records, days };
            serde_json::to_string_pretty(&told).expect("numbers and text are plain data")
        }
        Format::Text => format!(
            "folder   {folder}\nsize     {} of {}\nfiles    {files}\nrecords  {records}{}",
            shown(bytes),
            shown(limit),
            table(&days)
        ),
    };
    tell::print(&format!("{text}\n"))?;
    Ok(0)
}

fn told(day: &Day) -> ToldDay {
    let Uses { builds, found, remote, ran } = day.uses;
    ToldDay { days_ago: day.ago, builds, cached: found, remote, executed: ran }
}

/// Returns a table of the last days on which the cache was used, and of all days that are kept.
fn table(days: &[Day]) -> String {
    if days.is_empty() {
        return String::new();
    }
    let mut total = Uses::default();
    days.iter().for_each(|day| total += day.uses);
    let shown = days.iter().take(SHOWN).map(|day| (when(day.ago), day.uses));
    let rows = shown.chain([("in all".to_owned(), total)]).map(|(when, uses)| {
        let Uses { builds, found, remote, ran } = uses;
        format!("{when:<14} {builds:>8} {found:>14} {remote:>21} {ran:>8}")
    });
    let head = format!(
        "\n\n{:14} {:>8} {:>14} {:>21} {:>8}",
        "", "builds", "from the cache", "from another machine", "ran"
    );
    rows.fold(head, |table, row| table + "\n" + &row)
}

fn when(days_ago: u64) -> String {
    match days_ago {
        0 => "today (UTC)".to_owned(),
        1 => "1 day ago".to_owned(),
        _ => format!("{days_ago} days ago"),
    }
}

/// Adds what a build has found in the cache, and what it had to run, to the numbers of this day.
pub(crate) fn note(store: &Store, report: &Report) {
    let calls = [&report.translations, &report.generators];
    let sum = |commands: usize, of_calls: fn(&Calls) -> usize| {
        (commands + calls.iter().map(|calls| of_calls(calls)).sum::<usize>()) as u64
    };
    let uses = Uses {
        builds: 1,
        found: sum(report.commands.cached, |calls| calls.cached),
        remote: sum(report.commands.remote, |calls| calls.remote),
        ran: sum(report.commands.executed, |calls| calls.executed),
    };
    if uses.found + uses.remote + uses.ran > 0 {
        // A build does not fail for want of these numbers.
        let _ = store.note_uses(&uses);
    }
}

fn collect(store: &Store) -> Result<u8, Error> {
    let collected = store.collect()?;
    let removed = files(collected.files + collected.abandoned);
    tell::print(&format!("removed {removed}, {}\n", shown(collected.bytes)))?;
    match ambidex_engine::remove_abandoned() {
        0 => {}
        1 => tell::print("removed the temporary directory of a build that was killed\n")?,
        count => {
            tell::print(&format!("removed the temporary directories of {count} builds that were killed\n"))?
        }
    }
    Ok(0)
}

fn verify(store: &Store) -> Result<u8, Error> {
    let verified = store.verify()?;
    tell::print(&format!("{} and {} records are right\n", files(verified.files), verified.records))?;
    if verified.damaged > 0 {
        tell::print(&format!("{} had damage, which is removed\n", files(verified.damaged)))?;
    }
    Ok(u8::from(verified.damaged > 0))
}

fn files(count: u64) -> String {
    match count {
        1 => "1 file".to_owned(),
        _ => format!("{count} files"),
    }
}
