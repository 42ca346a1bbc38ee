//! Whether the variables that commands asked for still have the same values.

use std::sync::Arc;

use super::{Frame, Memory};
use crate::base::environment::Environment;
use crate::base::roles::Roles;
use crate::observe::observation::Asked;
use crate::observe::surroundings::{self, Surroundings};

impl Memory {
    /// Returns the number of these variables with their values in an environment, and the roles with those of the paths
    /// that the values name.
    pub fn surrounded_by(
        &mut self,
        asked: &Asked,
        env: &Environment,
        roles: &Arc<Roles>,
    ) -> (u32, Arc<Roles>) {
        let secret = self.secret();
        let (digest, roles) = surroundings::digest(&secret, asked, env, roles);
        let is = |known: &Arc<Surroundings>| known.digest == digest && known.asked == *asked;
        let number = self.surroundings.iter().position(is).unwrap_or_else(|| {
            let new = Surroundings::of(&secret, asked, env, &roles);
            self.append(&Frame::Surroundings(new.clone()));
            self.surroundings.push(Arc::new(new));
            self.surroundings.len() - 1
        });
        (u32::try_from(number).expect("fewer than 2^32 surroundings"), roles)
    }

    /// Returns the variables with this number.
    pub fn surroundings(&self, number: u32) -> Option<Arc<Surroundings>> {
        self.surroundings.get(number as usize).cloned()
    }

    /// Returns whether variables have the same values in an environment, and the roles with those of the paths that the
    /// values name.
    pub fn is_in(
        &mut self,
        number: u32,
        env: &Environment,
        roles: &Arc<Roles>,
    ) -> Option<(bool, Arc<Roles>)> {
        let key = (number, env.hash, roles.hash(), self.files.epoch());
        if let Some(known) = self.compared.get(&key) {
            return Some(known.clone());
        }
        let then = self.surroundings(number)?;
        let (digest, roles) = surroundings::digest(&self.secret(), &then.asked, env, roles);
        let compared = (digest == then.digest, roles);
        self.compared.insert(key, compared.clone());
        Some(compared)
    }

    /// Returns the key for hashes of variables' values: nobody who can't read this log can guess the values.
    pub fn secret(&mut self) -> [u8; 32] {
        if let Some(secret) = self.secret {
            return secret;
        }
        let secret = surroundings::new_secret();
        self.append(&Frame::Secret(secret));
        self.secret = Some(secret);
        secret
    }
}
