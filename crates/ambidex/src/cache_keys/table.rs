//! The table `[tool.uv] cache-keys`: its entries, its text, and its place in a `pyproject.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

use super::Keys;

/// How many files of one directory have an entry each, if they have the same ending. A pattern stands for more.
const MOST_FILES: usize = 200;

/// An entry of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A file, or a pattern for files.
    File(String),
    /// An environment variable.
    Variable(String),
}

/// Returns the entries for keys: files first, both sorted. `root` is the project.
pub(crate) fn entries(root: &Path, keys: &Keys) -> Vec<Entry> {
    let mut groups: BTreeMap<(&Path, Option<&OsStr>), Vec<&PathBuf>> = BTreeMap::new();
    for file in &keys.files {
        let folder = file.parent().unwrap_or(Path::new(""));
        groups.entry((folder, file.extension())).or_default().push(file);
    }
    let mut files = BTreeSet::new();
    for ((folder, ending), group) in groups {
        match ending.filter(|_| group.len() > MOST_FILES) {
            Some(ending) if has_no_others(&root.join(folder), ending, &group) => {
                let pattern = format!("*.{}", plain(&ending.to_string_lossy()));
                files.insert(
                    plain_path(folder).map_or(pattern.clone(), |folder| format!("{folder}/{pattern}")),
                );
            }
            _ => files.extend(group.into_iter().filter_map(|file| plain_path(file))),
        }
    }
    let files = files.into_iter().map(Entry::File);
    files.chain(keys.variables.iter().cloned().map(Entry::Variable)).collect()
}

/// Returns whether a directory has no other files with this ending: a pattern for them would also match what the build
/// makes.
fn has_no_others(folder: &Path, ending: &OsStr, group: &[&PathBuf]) -> bool {
    let names: BTreeSet<&OsStr> = group.iter().filter_map(|file| file.file_name()).collect();
    let Ok(there) = fs::read_dir(folder) else { return false };
    there.flatten().all(|entry| {
        let name = entry.file_name();
        Path::new(&name).extension() != Some(ending) || names.contains(name.as_os_str())
    })
}

/// Returns a path as text for uv, or nothing if it is empty.
fn plain_path(path: &Path) -> Option<String> {
    let text = plain(path.to_str().unwrap_or_default());
    (!text.is_empty()).then_some(text)
}

/// Returns a text in which nothing is special in a pattern: `?` matches any letter, so also the special one.
fn plain(text: &str) -> String {
    text.replace(['*', '[', ']', '{', '}', '\\'], "?")
}

/// Returns the text of the table.
pub(crate) fn text(entries: &[Entry]) -> String {
    let mut document = DocumentMut::new();
    document["tool"] = implicit();
    document["tool"]["uv"] = Item::Table(Table::new());
    document["tool"]["uv"]["cache-keys"] = array(entries, Vec::new()).into();
    document.to_string()
}

/// Returns the text of a `pyproject.toml` with the table in it; everything else stays as it is. Entries of other kinds,
/// such as `{ git = true }`, stay in the table.
///
/// # Errors
/// If the text can't be parsed, or has something else at the place of the table: a line that says so.
pub(crate) fn written(pyproject: &str, entries: &[Entry]) -> Result<String, String> {
    let mut document: DocumentMut =
        pyproject.parse().map_err(|error: toml_edit::TomlError| error.to_string().trim_end().to_owned())?;
    let tool = document.entry("tool").or_insert_with(implicit);
    let tool = tool.as_table_like_mut().ok_or("tool must be a table")?;
    let uv = tool.entry("uv").or_insert_with(|| Item::Table(Table::new()));
    let uv = uv.as_table_like_mut().ok_or("tool.uv must be a table")?;
    let is_other = |value: &&Value| {
        value.as_inline_table().is_some_and(|table| !table.contains_key("file") && !table.contains_key("env"))
    };
    let others = uv.get("cache-keys").and_then(Item::as_array).into_iter().flatten();
    let others: Vec<Value> = others.filter(is_other).cloned().collect();
    let keys = array(entries, others);
    match uv.get_mut("cache-keys") {
        Some(item) => *item = keys.into(),
        None => drop(uv.insert("cache-keys", keys.into())),
    }
    Ok(document.to_string())
}

/// Returns a table that has no header of its own.
fn implicit() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

fn array(entries: &[Entry], others: Vec<Value>) -> Value {
    let value = |entry: &Entry| {
        let (key, text) = match entry {
            Entry::File(file) => ("file", file),
            Entry::Variable(name) => ("env", name),
        };
        Value::InlineTable(InlineTable::from_iter([(key, text.as_str())]))
    };
    let mut array: Array = entries.iter().map(value).chain(others).collect();
    for value in array.iter_mut() {
        value.decor_mut().set_prefix("\n    ");
        value.decor_mut().set_suffix("");
    }
    array.set_trailing("\n");
    array.set_trailing_comma(true);
    Value::Array(array)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Vec<Entry> {
        vec![Entry::File("a b.c".to_owned()), Entry::Variable("CC".to_owned())]
    }

    const TABLE: &str = "[tool.uv]\ncache-keys = [\n    { file = \"a b.c\" },\n    { env = \"CC\" },\n]\n";

    #[test]
    fn the_rest_of_a_file_stays_as_it_is() {
        assert_eq!(text(&some()), TABLE);
        assert_eq!(written("", &some()).unwrap(), TABLE);
        let before = "# Mine.\n[project]\nname   =  'x' # two spaces\n";
        assert_eq!(written(before, &some()).unwrap(), format!("{before}\n{TABLE}"));
        let of_others = "[tool.uv]\ndev = 1  # kept\n\n[tool.ruff]\nline-length = 88\n";
        let after = written(of_others, &some()).unwrap();
        assert!(after.starts_with("[tool.uv]\ndev = 1  # kept\ncache-keys = ["), "{after}");
        assert!(after.ends_with("\n\n[tool.ruff]\nline-length = 88\n"), "{after}");
        assert_eq!(after.lines().count(), of_others.lines().count() + 4);
    }

    #[test]
    fn a_second_time_changes_nothing() {
        let other = "[tool.uv]\ncache-keys = [{ file = \"old.c\" }, { git = true }, \"older.c\"] # mine\n";
        let once = written(other, &some()).unwrap();
        assert!(once.contains("{ git = true }") && !once.contains("old"), "{once}");
        assert_eq!(written(&once, &some()).unwrap(), once);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert_eq!(written("tool = 1\n", &some()).unwrap_err(), "tool must be a table");
        assert_eq!(written("[tool]\nuv = 'x'\n", &some()).unwrap_err(), "tool.uv must be a table");
        assert!(written("[tool\n", &some()).is_err());
    }

    #[test]
    fn nothing_is_special_in_a_path() {
        assert_eq!(plain_path(Path::new("src/a[1]{x}*.c")).as_deref(), Some("src/a?1??x??.c"));
    }

    #[test]
    fn a_pattern_stands_for_very_many_files_if_it_matches_no_others() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        let mut keys = Keys::default();
        for number in 0..=MOST_FILES {
            let file = PathBuf::from(format!("src/{number}.c"));
            fs::write(folder.path().join(&file), "").unwrap();
            keys.files.insert(file);
        }
        keys.files.insert("src/x.h".into());
        let files =
            |texts: &[&str]| texts.iter().map(|text| Entry::File((*text).to_owned())).collect::<Vec<_>>();
        assert_eq!(entries(folder.path(), &keys), files(&["src/*.c", "src/x.h"]));
        fs::write(folder.path().join("src/generated.c"), "").unwrap();
        assert_eq!(entries(folder.path(), &keys).len(), MOST_FILES + 2);
    }
}
