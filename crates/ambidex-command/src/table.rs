//! Knows how to look an argument up in a table of options.

/// How an option's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// The option has none: `-c`.
    None,
    /// In the same argument, and never empty: `-std=c99`.
    Joined,
    /// In the same argument, or left out: `-O`, `-O2`.
    JoinedOrNone,
    /// The next argument: `-Xlinker --gc-sections`.
    Apart,
    /// In the same argument or in the next: `-Idir`, `-I dir`.
    Either,
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<M> {
    /// The option, or what all options of a family begin with.
    pub flag: &'static str,
    /// How its value is written.
    pub value: Value,
    /// What it means.
    pub means: M,
}

/// A row, in the short form that keeps a table readable.
pub(crate) const fn row<M: Copy>(flag: &'static str, value: Value, means: M) -> Row<M> {
    Row { flag, value, means }
}

/// Where the value of an option that was looked up stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The option has no value here.
    Nowhere,
    /// From this byte of the argument to its end.
    Here(usize),
    /// The next argument.
    Next,
}

/// Finds the row with the longest flag that `argument` begins with and whose value is written the way it is written
/// here. `table` is sorted by flag.
pub(crate) fn lookup<'t, M>(table: &'t [Row<M>], argument: &str) -> Option<(&'t Row<M>, Place)> {
    let ends = (1..=argument.len()).rev();
    ends.filter(|&end| argument.is_char_boundary(end)).find_map(|end| {
        let found = table.binary_search_by(|row| row.flag.cmp(&argument[..end]));
        let row = &table[found.ok()?];
        let whole = end == argument.len();
        let place = match (row.value, whole) {
            (Value::None | Value::JoinedOrNone, true) => Place::Nowhere,
            (Value::Apart | Value::Either, true) => Place::Next,
            (Value::Joined | Value::JoinedOrNone | Value::Either, false) => Place::Here(end),
            (Value::None | Value::Apart, false) | (Value::Joined, true) => return None,
        };
        Some((row, place))
    })
}

/// Finds a long option of the linker's kind, `name` or `name=value`, where the name must be whole.
pub(crate) fn lookup_long<'t, M>(table: &'t [Row<M>], text: &str) -> Option<(&'t Row<M>, Place)> {
    let (name, value) = match text.find('=') {
        Some(equals) => (&text[..equals], Some(equals + 1)),
        None => (text, None),
    };
    let row = &table[table.binary_search_by(|row| row.flag.cmp(name)).ok()?];
    let place = match (row.value, value) {
        (Value::None | Value::JoinedOrNone, None) => Place::Nowhere,
        (Value::Apart | Value::Either, None) => Place::Next,
        (Value::Joined | Value::JoinedOrNone | Value::Either, Some(start)) => Place::Here(start),
        (Value::None | Value::Apart, Some(_)) | (Value::Joined, None) => return None,
    };
    Some((row, place))
}

#[cfg(test)]
pub(crate) fn assert_sorted<M>(table: &[Row<M>]) {
    for pair in table.windows(2) {
        assert!(pair[0].flag < pair[1].flag, "`{}` stands before `{}`", pair[0].flag, pair[1].flag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Row<u8>] = &[
        row("-I", Value::Either, 1),
        row("-O", Value::JoinedOrNone, 2),
        row("-f", Value::Joined, 3),
        row("-fopenmp", Value::None, 4),
        row("-u", Value::Apart, 5),
    ];

    fn find(argument: &str) -> Option<(u8, Place)> {
        lookup(TABLE, argument).map(|(row, place)| (row.means, place))
    }

    #[test]
    fn values() {
        assert_sorted(TABLE);
        assert_eq!(find("-I"), Some((1, Place::Next)));
        assert_eq!(find("-Idir"), Some((1, Place::Here(2))));
        assert_eq!(find("-O"), Some((2, Place::Nowhere)));
        assert_eq!(find("-O2"), Some((2, Place::Here(2))));
        assert_eq!(find("-u"), Some((5, Place::Next)));
        assert_eq!(find("-ufoo"), None);
        assert_eq!(find("-f"), None);
        assert_eq!(find("-fopenmp"), Some((4, Place::Nowhere)));
        assert_eq!(find("-fopenmp-simd"), Some((3, Place::Here(2))));
        assert_eq!(find("-fé"), Some((3, Place::Here(2))));
    }
}
