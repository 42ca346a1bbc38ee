//! The chore `cargo xtask travel`: objects of many compilers, made for other folders by `ambidex-object`, and compared
//! with what the compiler writes there; the results in `docs/travel.md`.

mod generated;
mod journey;
mod page;
mod places;
mod sources;
mod tools;
mod world;

use std::fs;

use anyhow::{Result, ensure};

use crate::environment::root;
use journey::Journey;
use page::Table;
use places::Tour;
use sources::Stage;

/// The options of `cargo xtask travel`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Number of sources
    #[arg(long, default_value_t = 60)]
    sources: usize,
    /// Number of pairs of places for each source
    #[arg(long, default_value_t = 50)]
    pairs: usize,
    /// In how many ways each compiler is called for each source
    #[arg(long, default_value_t = 2)]
    ways: usize,
    /// Greatest size of a source, in kilobytes: compilers take minutes for a large one in all places
    #[arg(long, default_value_t = 1000)]
    largest: u64,
    /// What the random choices begin with
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Compiles each source with each compiler in random folders, and judges what is made of the objects.
pub(crate) fn judge(options: &Options) -> Result<()> {
    let folder = root().join("target").join("xtask").join("travel");
    let mut random = fastrand::Rng::with_seed(options.seed);
    let projects = sources::projects(options.largest * 1000)?;
    let compilers = tools::compilers();
    ensure!(!compilers.is_empty(), "no compiler is here");
    world::enter(&folder.join("world"))?;
    let kept = folder.join("wrong");
    let _ = fs::remove_dir_all(&kept);
    fs::create_dir_all(&kept)?;
    let mut table = Table::default();
    let (mut traveled, mut real) = (0, 0);
    let mut waiting = projects.len();
    for mut project in projects {
        // What one project lacks, those after it add.
        let share = options.sources.saturating_sub(traveled).div_ceil(waiting);
        waiting -= 1;
        let stage = Stage::set(&mut project, share, &mut random)?;
        let mut left = share;
        // Many sources are for other systems, or need more headers.
        for source in project.sources.iter().take(4 * share) {
            let journey = Journey { stage: &stage, source, tour: Tour::random(options.pairs, &mut random) };
            let objects = journey.make(&compilers, options.ways, &mut random, &kept, &mut table)?;
            if objects == 0 {
                continue;
            }
            traveled += 1;
            real += usize::from(!project.is_generated());
            println!("{}/{}: {table}", project.name, source.display());
            // After each source, since all of them take a long time.
            let head = format!(
                "Sources: {traveled}, {real} of them of sdists, of at most {} kB each; pairs of places for each: {}, ways to call each compiler: {}, \
                 seed: {}.",
                options.largest, options.pairs, options.ways, options.seed
            );
            fs::write(root().join("docs").join("travel.md"), table.page(&head))?;
            left -= 1;
            if left == 0 {
                break;
            }
        }
    }
    ensure!(table.wrong() == 0, "{} objects are wrong; they are in {}", table.wrong(), kept.display());
    Ok(())
}
