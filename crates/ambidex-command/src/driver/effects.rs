//! The effects of a driver's arguments: what the command reads, what it writes, and under which names.

use super::{Reader, Source};
use crate::driver_args::Stop;
use crate::linker::{self, Link};
use crate::side::{Side, implied_output, is_plain_file};
use crate::tool::Start;
use crate::{
    Command, Depfile, InPlaceReason, Input, Kind, Language, NotUnderstood, Output, OutputRole, Placement,
    SearchDir, SearchKind,
};

impl Reader {
    pub(super) fn finish(
        self,
        argv: Vec<String>,
        expanded: bool,
        start: &Start<'_>,
    ) -> Result<Command, NotUnderstood> {
        self.check_passed_on()?;
        let command = Command {
            argv,
            expanded,
            tool: start.index,
            kind: Kind::Query,
            language: self.sources.first().map(|source| source.language),
            inputs: Vec::new(),
            outputs: Vec::new(),
            include_dirs: Vec::new(),
            library_dirs: Vec::new(),
            libraries: Vec::new(),
            placement: Placement::InPlace(InPlaceReason::NoOutput),
            depfile: Depfile::None,
        };
        let operands = || self.sources.iter().map(|source| &source.input.path).chain(&self.linked);
        let first_operand = operands().next();
        match (&self.query, first_operand) {
            _ if self.dry_run => return Ok(Command { language: None, ..command }),
            (Some(_), None) => return Ok(command),
            (Some(query), Some(operand)) => {
                return Err(NotUnderstood::Conflict(query.clone(), operand.clone()));
            }
            (None, None) if self.verbose && self.items.is_empty() && self.stop.is_none() => {
                return Ok(command);
            }
            (None, _) => {}
        }
        match &self.stop {
            Some((stop, option)) => {
                let (stop, option) = (*stop, option.clone());
                self.compile(command, stop, &option, start)
            }
            None => self.link(command, start),
        }
    }

    /// Finishes a command that doesn't link. Arguments for the linker are not used (GCC manual, "Link Options").
    fn compile(
        mut self,
        mut command: Command,
        stop: Stop,
        option: &str,
        start: &Start<'_>,
    ) -> Result<Command, NotUnderstood> {
        if let Some(operand) = self.linked.pop() {
            return Err(NotUnderstood::UnknownOperand(operand));
        }
        if self.sources.is_empty() {
            return Err(NotUnderstood::NoInput);
        }
        self.check_languages(stop)?;
        let several = self.sources.len() > 1;
        if let (true, Some((output, _))) = (several, &self.output) {
            return Err(NotUnderstood::Conflict(format!("-o {output}"), self.sources[1].input.path.clone()));
        }
        if let (Some(dump), Stop::Object | Stop::Assembly | Stop::Checked) = (&self.preprocessor_dump, stop) {
            return Err(NotUnderstood::Conflict(option.to_owned(), dump.clone()));
        }
        let extension = match stop {
            Stop::Object => Some("o"),
            Stop::Assembly => Some("s"),
            Stop::Preprocessed | Stop::Checked | Stop::MakeRules => None,
        };
        command.kind = if extension.is_some() { Kind::Compile } else { Kind::Preprocess };
        command.outputs = match (&self.output, extension) {
            _ if stop == Stop::Checked => Vec::new(),
            (Some((path, span)), _) => {
                vec![Output { path: path.clone(), span: Some(*span), role: OutputRole::Primary }]
            }
            (None, Some(extension)) => {
                let implied = |source: &Source| Output {
                    path: implied_output(&source.input.path, extension),
                    span: None,
                    role: OutputRole::Primary,
                };
                self.sources.iter().map(implied).collect()
            }
            (None, None) => Vec::new(),
        };
        let mut placement = match command.outputs.as_slice() {
            [] => Placement::InPlace(InPlaceReason::NoOutput),
            [output] if !is_plain_file(&output.path) => Placement::InPlace(InPlaceReason::NotAPlainFile),
            [_] => Placement::Renamable,
            _ => Placement::InPlace(InPlaceReason::SeveralOutputs),
        };
        command.outputs.retain(|output| is_plain_file(&output.path));
        if stop == Stop::MakeRules {
            placement = self.make_rules(&mut command, option, placement)?;
        } else {
            command.depfile = self.depfile(&mut command.outputs, stop)?;
            self.side_outputs(&mut command.outputs, stop, option, placement)?;
        }
        if placement == Placement::Renamable {
            if command.outputs.iter().any(|output| output.role == OutputRole::Side) {
                placement = Placement::InPlace(InPlaceReason::SideFiles);
            } else if self.path_recorded {
                placement = Placement::InPlace(InPlaceReason::PathRecorded);
            }
        }
        command.placement = placement;
        self.headers(&mut command, start);
        command.inputs = self.take_inputs(Vec::new());
        Ok(command)
    }

    /// Checks that every source's language fits the point where the driver stops.
    fn check_languages(&self, stop: Stop) -> Result<(), NotUnderstood> {
        let known = |language: Language| match stop {
            Stop::Object => true,
            Stop::Preprocessed | Stop::MakeRules => language.preprocessed_by_compiler(),
            Stop::Assembly | Stop::Checked => {
                !matches!(language, Language::Assembler | Language::AssemblerWithCpp)
            }
        };
        match self.sources.iter().find(|source| !known(source.language)) {
            Some(source) => Err(NotUnderstood::UnknownOperand(source.input.path.clone())),
            None => Ok(()),
        }
    }

    /// Handles `-M` and `-MM`. The rules are the output, written to `-MF`, to `-o` or to the standard output.
    fn make_rules(
        &mut self,
        command: &mut Command,
        option: &str,
        mut placement: Placement,
    ) -> Result<Placement, NotUnderstood> {
        if let Some(own) = &self.depfile {
            return Err(NotUnderstood::Conflict(option.to_owned(), own.option.clone()));
        }
        let beside = self.side_files.first().map(|side| &side.path);
        if let Some(beside) = beside.or(self.sides.first().map(|(_, option)| option)) {
            return Err(NotUnderstood::Conflict(option.to_owned(), beside.clone()));
        }
        if let Some((path, span)) = self.depfile_path.take() {
            if let Some((output, _)) = &self.output {
                return Err(NotUnderstood::TwoOutputs(path, output.clone()));
            }
            placement = Placement::InPlace(InPlaceReason::NotAPlainFile);
            if is_plain_file(&path) {
                placement = Placement::Renamable;
                command.outputs.push(Output { path, span: Some(span), role: OutputRole::Primary });
            }
        }
        command.depfile = match command.outputs.as_slice() {
            [output] if self.sources.len() == 1 => {
                Depfile::Own { path: output.path.clone(), system_headers: option == "-M" }
            }
            _ => Depfile::Unknown,
        };
        // The name before the colon depends on the compiler.
        Ok(match placement {
            Placement::Renamable => Placement::InPlace(InPlaceReason::PathRecorded),
            in_place @ Placement::InPlace(_) => in_place,
        })
    }

    /// Determines how to find out the headers, and adds the command's own make rules to the outputs.
    fn depfile(&self, outputs: &mut Vec<Output>, stop: Stop) -> Result<Depfile, NotUnderstood> {
        let Some(own) = &self.depfile else {
            if let Some(form) = self.depfile_path.as_ref().map(|_| "-MF").or(self.depfile_form.as_deref()) {
                return Err(NotUnderstood::Conflict(form.to_owned(), "no -MD".to_owned()));
            }
            return Ok(self.injected());
        };
        if let (Some(_), Some((path, _))) = (&own.path, &self.depfile_path) {
            return Err(NotUnderstood::Conflict(own.option.clone(), format!("-MF {path}")));
        }
        let [source] = self.sources.as_slice() else {
            return Err(NotUnderstood::UnknownFiles {
                option: own.option.clone(),
                why: "there are several sources",
            });
        };
        if !source.language.preprocessed_by_compiler() {
            return Err(NotUnderstood::UnknownFiles {
                option: own.option.clone(),
                why: "the source isn't preprocessed",
            });
        }
        let (path, span) = match (&own.path, &self.depfile_path) {
            (Some((path, span)), _) | (None, Some((path, span))) => (path.clone(), Some(*span)),
            (None, None) => {
                let output = self.output.as_ref().map(|(path, _)| path.as_str());
                if !matches!(stop, Stop::Object | Stop::Assembly)
                    || output.is_some_and(|path| !is_plain_file(path))
                {
                    return Err(NotUnderstood::UnknownFiles {
                        option: own.option.clone(),
                        why: "its name depends on the version where there is no object",
                    });
                }
                (Side::Depfile.path(output, &source.input.path), None)
            }
        };
        if !is_plain_file(&path) {
            return Ok(Depfile::Unknown);
        }
        outputs.push(Output { path: path.clone(), span, role: OutputRole::Side });
        Ok(Depfile::Own { path, system_headers: own.system_headers })
    }

    /// Returns whether `-MD -MF file` would name the headers of a command that doesn't ask for make rules itself.
    fn injected(&self) -> Depfile {
        match self.sources.as_slice() {
            [Source { language: Language::Assembler, .. }] => Depfile::Unknown,
            [source] if source.language.preprocessed_by_compiler() => Depfile::Inject,
            sources if sources.iter().all(|source| source.language == Language::PreprocessedC) => {
                Depfile::None
            }
            sources if sources.iter().all(|source| source.language == Language::PreprocessedCxx) => {
                Depfile::None
            }
            _ => Depfile::Unknown,
        }
    }

    /// Adds the files that are written beside the objects.
    fn side_outputs(
        &mut self,
        outputs: &mut Vec<Output>,
        stop: Stop,
        option: &str,
        placement: Placement,
    ) -> Result<(), NotUnderstood> {
        outputs.append(&mut self.side_files);
        if matches!(stop, Stop::Preprocessed | Stop::Checked) {
            return match self.sides.first() {
                Some((_, side)) => Err(NotUnderstood::Conflict(option.to_owned(), side.clone())),
                None => Ok(()),
            };
        }
        let output = self.output.as_ref().map(|(path, _)| path.as_str());
        for (side, option) in &self.sides {
            let unknown = |why| Err(NotUnderstood::UnknownFiles { option: option.clone(), why });
            if placement == Placement::InPlace(InPlaceReason::NotAPlainFile) {
                return unknown("the output is no plain file");
            }
            if *side == Side::SplitDwarf && stop == Stop::Assembly {
                return unknown("Clang names it by the source here, GCC by the output");
            }
            for source in &self.sources {
                if matches!(source.language, Language::Assembler | Language::AssemblerWithCpp) {
                    return unknown("the assembler writes none");
                }
                let path = side.path(output, &source.input.path);
                if outputs.iter().all(|output| output.path != path) {
                    outputs.push(Output { path, span: None, role: OutputRole::Side });
                }
            }
        }
        Ok(())
    }

    /// Finishes a command that links, after it has compiled its sources, if any.
    fn link(mut self, mut command: Command, start: &Start<'_>) -> Result<Command, NotUnderstood> {
        let compiles = !self.sources.is_empty();
        self.check_link(compiles)?;
        let link = linker::parse(std::mem::take(&mut self.items), self.static_only)?;
        if let Some((output, _)) = link.output {
            return Err(NotUnderstood::UnknownOption(format!("-Wl,-o,{output}")));
        }
        if let Some(query) = link.query {
            return Err(NotUnderstood::UnknownOption(format!("-Wl,{query}")));
        }
        if !compiles && link.is_empty() {
            return Err(NotUnderstood::NoInput);
        }
        command.kind = if compiles { Kind::CompileAndLink } else { Kind::Link };
        let Link { inputs, mut sides, mut library_dirs, libraries, prints_paths, .. } = link;
        let mut depfile_outputs = Vec::new();
        if compiles {
            command.depfile = self.linked_depfile(&mut depfile_outputs)?;
            self.headers(&mut command, start);
        }
        sides.append(&mut depfile_outputs);
        sides.append(&mut self.side_files);
        let (outputs, placement) = linker::outputs(self.output.take(), sides, prints_paths);
        command.outputs = outputs;
        command.placement = match placement {
            Placement::Renamable if (compiles || self.lto) && self.path_recorded => {
                Placement::InPlace(InPlaceReason::PathRecorded)
            }
            placement => placement,
        };
        library_dirs.append(&mut self.prefixes);
        library_dirs.extend(env_dirs(start, "LIBRARY_PATH", SearchKind::Library));
        command.library_dirs = library_dirs;
        command.libraries = libraries;
        command.inputs = self.take_inputs(inputs);
        Ok(command)
    }

    /// Rejects a link that makes files whose names can't be known.
    fn check_link(&self, compiles: bool) -> Result<(), NotUnderstood> {
        if let Some(dump) = &self.preprocessor_dump {
            return Err(NotUnderstood::Conflict(dump.clone(), "a link".to_owned()));
        }
        if let Some((side, option)) = self.sides.first() {
            let why = if compiles {
                "their names depend on the version where one command compiles and links"
            } else if self.lto {
                "the linker compiles"
            } else if *side == Side::TimeTrace {
                "some linkers trace too"
            } else {
                return Ok(());
            };
            return Err(NotUnderstood::UnknownFiles { option: option.clone(), why });
        }
        match (&self.depfile, self.side_files.first()) {
            (None, Some(side)) if !compiles => {
                // Clang writes them for each step it runs. GCC writes none for a command that only links.
                Err(NotUnderstood::UnknownFiles { option: side.path.clone(), why: "nothing is compiled" })
            }
            _ => Ok(()),
        }
    }

    /// Does the same as [`Reader::depfile`] for a command that compiles and links one source.
    fn linked_depfile(&self, outputs: &mut Vec<Output>) -> Result<Depfile, NotUnderstood> {
        match &self.depfile {
            // All versions name it by the output only with `-o`.
            Some(own) if own.path.is_none() && self.depfile_path.is_none() && self.output.is_none() => {
                Err(NotUnderstood::UnknownFiles {
                    option: own.option.clone(),
                    why: "its name depends on the version without -o",
                })
            }
            _ => self.depfile(outputs, Stop::Object),
        }
    }

    /// Collects the directories that the compiler searches for headers.
    fn headers(&mut self, command: &mut Command, start: &Start<'_>) {
        let mut dirs = std::mem::take(&mut self.include_dirs);
        for prefix in &self.prefixes {
            dirs.push(SearchDir {
                path: format!("{}/include", prefix.path.trim_end_matches('/')),
                span: None,
                first_arg: None,
                kind: SearchKind::Prefix,
            });
        }
        dirs.extend(env_dirs(start, "CPATH", SearchKind::Include));
        for (name, languages) in [
            ("C_INCLUDE_PATH", [Language::C, Language::AssemblerWithCpp]),
            ("CPLUS_INCLUDE_PATH", [Language::Cxx, Language::Cxx]),
            ("OBJC_INCLUDE_PATH", [Language::ObjC, Language::ObjCxx]),
        ] {
            if self.sources.iter().any(|source| languages.contains(&source.language)) {
                dirs.extend(env_dirs(start, name, SearchKind::System));
            }
        }
        command.include_dirs = dirs;
    }

    /// Takes all inputs, in the order of the command line.
    fn take_inputs(&mut self, linked: Vec<Input>) -> Vec<Input> {
        let sources = self.sources.drain(..).map(|source| source.input);
        let mut inputs: Vec<Input> = sources.chain(self.read_beside.drain(..)).chain(linked).collect();
        // `/dev/null` is a source that never changes.
        inputs.retain(|input| is_plain_file(&input.path));
        inputs.sort_by_key(|input| input.span);
        inputs
    }
}

/// Returns the directories in a variable. An empty one is the working directory (GCC manual, "Environment Variables").
fn env_dirs(start: &Start<'_>, name: &str, kind: SearchKind) -> Vec<SearchDir> {
    let value = start.env.get(name).filter(|value| !value.is_empty());
    let dirs = value.into_iter().flat_map(|value| value.split(':'));
    dirs.map(|dir| SearchDir {
        path: if dir.is_empty() { ".".to_owned() } else { dir.to_owned() },
        span: None,
        first_arg: None,
        kind,
    })
    .collect()
}
