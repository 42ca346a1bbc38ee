//! Rows for stretches of time that may overlap, such as the waits of a process and of its children.

/// Returns a row for each of these stretches (begin, end), so that no two in one row overlap, in as few rows as possible.
pub(crate) fn lanes(stretches: &[(u64, u64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..stretches.len()).collect();
    order.sort_by_key(|index| stretches[*index]);
    let mut ends: Vec<u64> = Vec::new();
    let mut lanes = vec![0; stretches.len()];
    for index in order {
        let (from, to) = stretches[index];
        let lane = ends.iter().position(|end| *end <= from).unwrap_or_else(|| {
            ends.push(0);
            ends.len() - 1
        });
        ends[lane] = to;
        lanes[index] = lane;
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_has_rows_of_its_own() {
        assert_eq!(lanes(&[(5, 9), (0, 5), (1, 3), (3, 4), (8, 9)]), [0, 0, 1, 1, 1]);
        assert!(lanes(&[]).is_empty());
    }
}
