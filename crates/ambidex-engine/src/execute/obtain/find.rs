//! How an earlier run of a command is found, in this tree or in the store.

use std::fs;
use std::time::Duration;

use ambidex_store::{Digest, Store, StoreError};

use super::{CacheQuery, ExecContext, Execution, Obtained, warn_of_store};
use crate::execute::outcome::Ending;
use crate::memory::record::{How, Why, Written};
use crate::observe::unremembered::Unremembered;
use crate::uptodate::check;
use crate::uptodate::output;
use crate::uptodate::shared::{Found, Wanted};

impl Execution {
    /// Looks for an earlier run in this tree and in the store.
    pub(super) fn find(&self, query: &CacheQuery, context: &ExecContext<'_>) -> Result<Obtained, Why> {
        let mut memory = self.tree.memory();
        let why = match &self.why {
            Some(why) => why.clone(),
            None => {
                let CacheQuery { fingerprint, operands, description, .. } = query;
                let describe = || description.clone();
                let (command, env) = (&self.command, &self.env);
                match check::recall(&mut memory, fingerprint, command, operands, env, describe) {
                    Ok(record) => {
                        drop(memory);
                        if (context.sees_pending)(&|memory| memory.looks(&record.looks)) {
                            return Err(Why::Always(Unremembered::SeesPending));
                        }
                        return Ok(Obtained::reused(record));
                    }
                    Err(why) => why,
                }
            }
        };
        let why = match why {
            Why::New => match memory.command_at(&query.description.place) {
                // Two commands of one build may write the same path.
                Some((run, then)) if !self.tree.is_new(run.folder) => {
                    check::difference(&query.description, &then)
                }
                _ => Why::New,
            },
            why => why,
        };
        let Some(store) = context.store else { return Err(why) };
        drop(memory);
        self.find_in_store(query, context, store, &why).map_err(|bound| match why {
            // Why the run of another directory does not count says more than that there is none here.
            Why::New => bound.unwrap_or(Why::New),
            why => why,
        })
    }

    /// Looks for an earlier run in the store, and then in that of another machine. If there is none, may tell why that of
    /// another directory can't be used.
    fn find_in_store(
        &self,
        query: &CacheQuery,
        context: &ExecContext<'_>,
        store: &Store,
        why: &Why,
    ) -> Result<Obtained, Option<Why>> {
        let wanted = self.wanted(query);
        let key = wanted.key(&mut self.tree.memory().files).ok_or(None)?;
        let mut why_none = None;
        let (mut here, mut moved) = (Vec::new(), Vec::new());
        for record in store.records(&key) {
            match wanted.check(&key, &record, &mut self.tree.memory().files) {
                Ok(found) if found.moved.paths => moved.push(found),
                Ok(found) => here.push(found),
                Err(bound) => why_none = why_none.or(bound),
            }
        }
        // A run that needs nothing but to be copied comes first.
        for found in here.into_iter().chain(moved) {
            match self.take(query, context, store, found, How::Cached, why) {
                Ok(obtained) => return Ok(obtained),
                Err(bound) => why_none = why_none.or(bound),
            }
        }
        for remote in store.remote_records(&key) {
            let found = match wanted.check(&key, &remote.record, &mut self.tree.memory().files) {
                Ok(found) => found,
                Err(bound) => {
                    why_none = why_none.or(bound);
                    continue;
                }
            };
            let contents: Vec<Digest> = found.run.result.outputs.iter().map(Written::stored).collect();
            let duration = Duration::from_micros(found.run.result.duration);
            if !usable(store.pull(&key, &remote, &contents, duration)) {
                continue;
            }
            match self.take(query, context, store, found, How::Remote, why) {
                Ok(obtained) => {
                    store.has_spared(duration);
                    return Ok(obtained);
                }
                Err(bound) => why_none = why_none.or(bound),
            }
        }
        Err(why_none)
    }

    /// Takes the outputs of a run that holds for this tree from the store. If that can't be, may tell why.
    fn take(
        &self,
        query: &CacheQuery,
        context: &ExecContext<'_>,
        store: &Store,
        found: Found,
        how: How,
        why: &Why,
    ) -> Result<Obtained, Option<Why>> {
        // A record may come from another machine. It must not say where files are written.
        let names = query.outputs.iter().map(|(_, name)| name);
        if !names.eq(found.run.result.outputs.iter().map(|output| &output.name)) {
            return Err(None);
        }
        if (context.sees_pending)(&|_| found.run.looks.seen.clone()) {
            return Err(Some(Why::Always(Unremembered::SeesPending)));
        }
        if found.moved.paths {
            self.check_compiler(context, store, &found.run.looks)?;
        }
        if found.moved.computes {
            self.check_that_no_source_computes(context, &found)?;
        }
        let Found { mut run, roles, moved } = found;
        let fetched = fs::create_dir_all(&self.folder).is_ok()
            && usable(output::fetch(store, &mut run.result, &self.folder, &roles, moved.paths));
        if !fetched {
            return Err(None);
        }
        let surrounded = self.tree.memory().surrounded_by(&run.asked, &self.env, &query.fingerprint.roles);
        let roles = surrounded.1.clone();
        self.remember(query, &run, surrounded);
        let ending = Ending::again(run.result, &roles, how, why.clone());
        Ok(Obtained { ending, folder: self.folder_number })
    }

    pub(super) fn wanted<'a>(&'a self, query: &'a CacheQuery) -> Wanted<'a> {
        let CacheQuery { fingerprint, operands, declared, .. } = query;
        Wanted { fingerprint, command: &self.command, env: &self.env, operands, declared }
    }
}

/// Returns whether the store had everything. A store that can't be used has nothing.
fn usable(had: Result<bool, StoreError>) -> bool {
    had.unwrap_or_else(|error| {
        warn_of_store(&error);
        false
    })
}
