//! The lookup of an argument in a table of options.

/// The form of an option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// The option has no value: `-c`.
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
    /// The option, or the common beginning of a family of options.
    pub flag: &'static str,
    /// How its value is written.
    pub value: Value,
    /// The meaning of the option.
    pub means: M,
}

/// Makes a row. The short name keeps a table readable.
pub(crate) const fn row<M: Copy>(flag: &'static str, value: Value, means: M) -> Row<M> {
    Row { flag, value, means }
}

/// The position of an option's value, found by a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The option has no value here.
    Nowhere,
    /// From this byte of the argument to its end.
    Here(usize),
    /// The next argument.
    Next,
}

/// Finds the row with the longest flag that `argument` begins with and that takes its value in the form used here.
/// `table` is sorted by flag.
pub(crate) fn lookup<'t, M>(table: &'t [Row<M>], argument: &str) -> Option<(&'t Row<M>, Place)> {
    let mut rest = argument.as_bytes();
    while !rest.is_empty() {
        let behind = table.partition_point(|row| row.flag.as_bytes() <= rest);
        let row = table.get(behind.checked_sub(1)?)?;
        let flag = row.flag.as_bytes();
        let shared = flag.iter().zip(rest).take_while(|(one, other)| one == other).count();
        if shared < flag.len() {
            // Any flag that the argument begins with sorts before this one, so this one begins with it too.
            rest = &rest[..shared];
            continue;
        }
        let whole = flag.len() == argument.len();
        match (row.value, whole) {
            (Value::None | Value::JoinedOrNone, true) => return Some((row, Place::Nowhere)),
            (Value::Apart | Value::Either, true) => return Some((row, Place::Next)),
            (Value::Joined | Value::JoinedOrNone | Value::Either, false) => {
                return Some((row, Place::Here(flag.len())));
            }
            (Value::None | Value::Apart, false) | (Value::Joined, true) => rest = &rest[..flag.len() - 1],
        }
    }
    None
}

/// Finds a long option in the linker's form, `name` or `name=value`. The name must match as a whole.
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
        assert_eq!(find("-"), None);
        assert_eq!(find(""), None);
        assert_eq!(find("-Z"), None);
    }

    #[test]
    fn the_longest_flag_that_fits_is_found_among_all_that_begin_alike() {
        let table = [
            row("-a", Value::Either, 1),
            row("-ab", Value::None, 2),
            row("-abc", Value::Joined, 3),
            row("-abcx", Value::None, 4),
            row("-abd", Value::Apart, 5),
        ];
        let find = |argument| lookup(&table, argument).map(|(row, place)| (row.means, place));
        assert_eq!(find("-abcd"), Some((3, Place::Here(4))));
        assert_eq!(find("-abc"), Some((1, Place::Here(2))));
        assert_eq!(find("-abcx"), Some((4, Place::Nowhere)));
        assert_eq!(find("-abcxy"), Some((3, Place::Here(4))));
        assert_eq!(find("-abd"), Some((5, Place::Next)));
        assert_eq!(find("-abde"), Some((1, Place::Here(2))));
        assert_eq!(find("-ab"), Some((2, Place::Nowhere)));
    }
}
