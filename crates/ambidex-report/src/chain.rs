//! The critical path: the longest chain of commands of which each one reads what the one before has made.

use crate::build::{Build, Command};

/// Returns the commands of the chain that took longest in this build, first one first. What did not have a job slot took
/// no time.
pub(crate) fn critical(build: &Build) -> Vec<usize> {
    let mut own = vec![0; build.commands.len()];
    for bar in &build.bars {
        if let Some(time) = bar.command.and_then(|command| own.get_mut(command)) {
            *time += bar.to.saturating_sub(bar.from);
        }
    }
    // For each command: how long the longest chain takes that ends with it, and the command before it in that chain.
    let mut chains: Vec<(u64, Option<usize>)> = Vec::with_capacity(build.commands.len());
    for (index, command) in build.commands.iter().enumerate() {
        let longest = writers(command, index).max_by_key(|writer| chains[*writer].0);
        let before = longest.map_or(0, |writer| chains[writer].0);
        chains.push((before + own[index], longest));
    }
    let last = (0..chains.len()).rev().max_by_key(|index| chains[*index].0);
    let chain = std::iter::successors(last, |index| chains[*index].1);
    let mut chain: Vec<usize> = chain.filter(|index| own[*index] > 0).collect();
    chain.reverse();
    chain
}

/// Returns the commands that made what a command reads. All of them come before it.
fn writers(command: &Command, index: usize) -> impl Iterator<Item = usize> + '_ {
    command.inputs.iter().filter_map(|input| input.writer).filter(move |writer| *writer < index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::{Bar, Input};

    /// Makes a build of commands that took so long and read what these others made.
    fn build(commands: &[(u64, &[usize])]) -> Build {
        let mut build = Build::default();
        for (index, (time, writers)) in commands.iter().enumerate() {
            let input = |writer: &usize| Input { path: String::new(), writer: Some(*writer) };
            let inputs = writers.iter().map(input).collect();
            build.commands.push(Command { inputs, ..Command::default() });
            if *time > 0 {
                build.bars.push(Bar { from: 5, to: 5 + time, command: Some(index), ..Bar::default() });
            }
        }
        build
    }

    #[test]
    fn the_longest_chain_is_not_the_one_with_most_commands() {
        assert_eq!(critical(&build(&[(9, &[]), (2, &[]), (2, &[1]), (3, &[0, 2]), (1, &[2])])), [0, 3]);
    }

    #[test]
    fn what_was_up_to_date_is_no_part_of_it() {
        assert_eq!(critical(&build(&[(0, &[]), (2, &[0]), (0, &[1])])), [1]);
        assert!(critical(&build(&[(0, &[]), (0, &[0])])).is_empty());
        assert!(critical(&Build::default()).is_empty());
    }
}
