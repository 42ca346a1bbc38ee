//! The order of strings in what GCC and GNU as write.

use crate::bound::Bound;
use crate::references::Places;
use crate::texts::Text;

const UNKNOWN: Bound = Bound::Order(".debug_line_str");

/// Returns the strings of `.debug_line_str`, by number, in the order in which they stand once each has its text of
/// `new`.
///
/// GCC writes the name and the folder of the unit, in the order of its hash table. After them, GNU as writes the
/// folders and files of the line table as it goes, equal ones again (binutils 2.35 and later, gas/dwarf2dbg.c,
/// `out_dir_and_file_list`).
///
/// # Errors
/// If the strings do not stand in this order.
pub(crate) fn order(
    strings: &[(Text, &[u8], Vec<u8>)],
    section: usize,
    info: &[Places],
    line: Option<&Places>,
) -> Result<Vec<usize>, Bound> {
    let numbers = |places: &Places| -> Result<Vec<usize>, Bound> {
        let start = |addend: u64| strings.binary_search_by_key(&addend, |(text, ..)| text.range.start as u64);
        places.to(section).map(|reference| start(reference.addend).map_err(|_| UNKNOWN)).collect()
    };
    let own = info.iter().map(numbers).collect::<Result<Vec<_>, _>>()?.concat();
    let table = line.map(numbers).transpose()?.unwrap_or_default();
    let order_of = |text: &dyn Fn(usize) -> Vec<u8>| -> Vec<usize> {
        let texts: Vec<Vec<u8>> = own.iter().map(|number| text(*number)).collect();
        traversal(&texts).into_iter().map(|index| own[index]).collect()
    };
    let old = order_of(&|number| strings[number].1.to_vec());
    let seen = old.iter().chain(&table);
    if own.len() > 2 || !seen.copied().eq(0..strings.len()) {
        return Err(UNKNOWN);
    }
    let new = order_of(&|number| strings[number].2.clone());
    Ok(new.into_iter().chain(table).collect())
}

/// The size of GCC's table for at most two strings (dwarf2out.cc, `debug_line_str_hash`: made for 10, so the next prime
/// in hash-table.cc).
const SIZE: u32 = 13;

/// Returns the numbers of at most two strings in the order of the slots that they take in GCC's hash table, put in one
/// after the other (dwarf2out.cc, `output_indirect_strings`; hash-table.h, `find_slot_with_hash`). The name of the unit
/// comes first (`dwarf2out_early_finish`), and its attribute too.
fn traversal(strings: &[Vec<u8>]) -> Vec<usize> {
    let mut slots: Vec<(u32, usize)> = Vec::new();
    for (number, string) in strings.iter().enumerate() {
        let hash = hash(string);
        let mut slot = hash % SIZE;
        while slots.len() < SIZE as usize && slots.iter().any(|(taken, _)| *taken == slot) {
            slot = (slot + 1 + hash % (SIZE - 2)) % SIZE;
        }
        slots.push((slot, number));
    }
    slots.sort_unstable();
    slots.into_iter().map(|(_, number)| number).collect()
}

/// Hashes a string as libiberty does (hashtab.c, `htab_hash_string`).
fn hash(string: &[u8]) -> u32 {
    string
        .iter()
        .fold(0u32, |hash, byte| hash.wrapping_mul(67).wrapping_add(u32::from(*byte)).wrapping_sub(113))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order_in_object(strings: &[&str]) -> Vec<usize> {
        traversal(&strings.iter().map(|string| string.as_bytes().to_vec()).collect::<Vec<_>>())
    }

    /// What GCC 12 wrote.
    #[test]
    fn strings_stand_in_the_order_of_their_slots() {
        assert_eq!(order_in_object(&["x.c", "/tmp/exp/A"]), [1, 0]);
        assert_eq!(order_in_object(&["/tmp/exp/A/x.c", "/tmp/exp/A"]), [1, 0]);
        assert_eq!(order_in_object(&["y.c", "/tmp/exp/A"]), [0, 1]);
        assert_eq!(order_in_object(&["x.c", "/a"]), [1, 0]);
        assert_eq!(order_in_object(&["/a/x.c", "/a"]), [1, 0]);
    }
}
