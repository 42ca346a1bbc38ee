//! The ways to build a project, which of them compete in each scenario, and the command line of each.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::project::{Origin, Project};
use super::scenario::Scenario;
use super::site::Site;
use super::tools::Tools;
use super::twin;

/// A way to build a project.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// `setup.py` with this number of jobs.
    Setup(u32),
    /// `setup.py` with two jobs, and ccache in front of its compiler.
    Ccache,
    /// ninja, with the commands of `setup.py`.
    Ninja,
    /// ambidex.
    Ambidex,
    /// meson-python, on a twin of the project.
    Meson,
}

/// A variant of a way that takes part more than once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    Plain,
    /// With `-ffile-prefix-map`, so that objects don't contain the directory.
    Mapped,
    /// With the state of an earlier build but none of its outputs, so durations are known.
    Known,
    /// With an empty store, where the other variants have a filled one.
    Empty,
}

/// One row of a table.
#[derive(Clone, Copy)]
pub(crate) struct Contender {
    pub way: Way,
    pub variant: Variant,
}

impl Contender {
    /// Returns the contenders in a scenario.
    pub fn all(scenario: Scenario, twin: bool) -> Vec<Self> {
        use {Variant::*, Way::*};
        let mut all = match scenario {
            Scenario::Cold => vec![
                (Setup(1), Plain),
                (Setup(2), Plain),
                (Ninja, Plain),
                (Ccache, Plain),
                (Ambidex, Plain),
                (Ambidex, Known),
            ],
            Scenario::Elsewhere => {
                vec![(Setup(2), Plain), (Ccache, Plain), (Ccache, Mapped), (Ambidex, Empty), (Ambidex, Plain)]
            }
            Scenario::Nothing | Scenario::Source | Scenario::Header | Scenario::FewHeader => {
                vec![(Setup(1), Plain), (Setup(2), Plain), (Ninja, Plain), (Ccache, Plain), (Ambidex, Plain)]
            }
        };
        if twin && scenario != Scenario::Elsewhere {
            all.push((Meson, Plain));
        }
        all.into_iter().map(|(way, variant)| Self { way, variant }).collect()
    }

    /// Returns its name in the tables.
    pub fn label(self, project: &Project, scenario: Scenario) -> String {
        let setup = setup_command(project);
        let force = if forces(scenario) { " --force" } else { "" };
        let way = match self.way {
            Way::Setup(jobs) => format!("`setup.py {setup}{force} -j{jobs}`"),
            Way::Ccache => format!("`setup.py {setup}{force} -j2`, ccache"),
            Way::Ninja => "ninja, 2 jobs".to_owned(),
            Way::Ambidex => "ambidex, 2 jobs".to_owned(),
            Way::Meson => "meson-python, 2 jobs".to_owned(),
        };
        match self.variant {
            Variant::Plain => way,
            Variant::Mapped => format!("{way}, mapped"),
            Variant::Known => format!("{way}, durations known"),
            Variant::Empty => format!("{way}, cache empty"),
        }
    }

    /// Returns the name of its directory. In the scenario where the store matters, a contender shares nothing with
    /// other scenarios.
    pub fn folder_name(self, scenario: Scenario) -> String {
        let way = match self.way {
            Way::Setup(jobs) => format!("setup-{jobs}"),
            Way::Ccache => "ccache".to_owned(),
            Way::Ninja => "ninja".to_owned(),
            Way::Ambidex => "ambidex".to_owned(),
            Way::Meson => "meson".to_owned(),
        };
        let variant = match self.variant {
            Variant::Plain => "",
            Variant::Mapped => "-mapped",
            Variant::Known => "-known",
            Variant::Empty => "-empty",
        };
        let group = if scenario == Scenario::Elsewhere { "-elsewhere" } else { "" };
        format!("{way}{variant}{group}")
    }

    /// Returns the command that builds a project in `folder`.
    pub fn command(
        self,
        tools: &Tools,
        project: &Project,
        scenario: Scenario,
        site: &Site,
        folder: &Path,
    ) -> Result<Command> {
        let setup = |jobs: u32| {
            let mut command = tools.command(&tools.python);
            command.args(["setup.py", setup_command(project), &format!("-j{jobs}")]);
            if forces(scenario) {
                command.arg("--force");
            }
            command
        };
        let mut command = match self.way {
            Way::Setup(jobs) => setup(jobs),
            Way::Ccache => {
                let mut command = setup(2);
                command.env("CC", "ccache gcc").env("CXX", "ccache g++").env("CCACHE_DIR", site.cache());
                command
            }
            Way::Ninja => {
                let mut command = tools.ninja()?;
                command.arg("-j2");
                command
            }
            Way::Ambidex => {
                let mut command = tools.command(&tools.ambidex);
                command.args(["build", "-j2", "--python"]).arg(&tools.python).arg("--summary");
                command.arg(site.summary()).env("AMBIDEX_CACHE_DIR", site.cache());
                command
            }
            Way::Meson if folder.join(twin::BUILD).join("build.ninja").is_file() => {
                let mut command = tools.ninja()?;
                command.args(["-j2", "-C", twin::BUILD]);
                command
            }
            Way::Meson => {
                tools.ninja()?;
                let mut command = tools.command(&tools.python);
                command.args(["-c", twin::FROM_NOTHING]).arg(site.folder());
                command
            }
        };
        if let (Way::Meson, Some(programs)) = (self.way, tools.python.parent()) {
            let path = std::env::var("PATH").unwrap_or_default();
            command.env("PATH", format!("{}:{path}", programs.display()));
            // Without these, meson uses ccache on its own.
            command.env("CC", "gcc").env("CXX", "g++");
        }
        if self.variant == Variant::Mapped {
            let flag = format!("-ffile-prefix-map={}=.", folder.display());
            // Newer versions of setuptools take the flags for C++ from a variable of their own.
            command.env("CFLAGS", &flag).env("CXXFLAGS", &flag);
        }
        command.current_dir(folder);
        Ok(command)
    }
}

/// Returns the command of `setup.py` that builds the project.
pub(crate) fn setup_command(project: &Project) -> &'static str {
    match project.origin {
        Origin::Generated(_) => "build_ext",
        Origin::Sdist(..) => "build",
    }
}

/// Returns whether setuptools must be forced to rebuild, because it does not know about headers.
fn forces(scenario: Scenario) -> bool {
    matches!(scenario, Scenario::Header | Scenario::FewHeader)
}
