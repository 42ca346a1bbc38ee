//! The store on another machine: what the environment says of it.
//!
//! Only the environment names one. A project that is built must not decide where its results are sent, or come from.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use ambidex_remote::{Credentials, Server, Settings};

use crate::error::Error;
use crate::tell;

const ADDRESS: &str = "AMBIDEX_REMOTE";
const READ_ONLY: &str = "AMBIDEX_REMOTE_READ_ONLY";
const TOKEN_FILE: &str = "AMBIDEX_REMOTE_TOKEN_FILE";
const TIMEOUT: &str = "AMBIDEX_REMOTE_TIMEOUT";
const CREDENTIAL_HELPER: &str = "AMBIDEX_REMOTE_CREDENTIAL_HELPER";

/// What a build may lose to a server if the user says nothing.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Returns the server that the environment names, if it names one, for a build with this number of jobs.
pub(crate) fn server(jobs: usize) -> Result<Option<Server>, Error> {
    let settings = named()?.map(|settings| Settings { jobs, ..settings });
    Ok(settings.map(|settings| Server::new(settings, |what| tell::note(&format!("{ADDRESS}: {what}")))))
}

/// Returns what the environment says of a server, if it names one, for a user who waits for one answer.
pub(crate) fn named() -> Result<Option<Settings>, Error> {
    settings(|name| env::var_os(name).filter(|value| !value.is_empty()))
}

fn settings(variable: impl Fn(&str) -> Option<OsString>) -> Result<Option<Settings>, Error> {
    let Some(address) = variable(ADDRESS) else { return Ok(None) };
    let address = address.to_string_lossy();
    let wrong = |message: String| Error::BadRemote { message };
    let address = address.parse().map_err(|error| wrong(format!("{ADDRESS}: {error}")))?;
    let credentials = match (variable(TOKEN_FILE), variable(CREDENTIAL_HELPER)) {
        (None, None) => Credentials::None,
        (Some(file), None) => Credentials::TokenFile(PathBuf::from(file)),
        (None, Some(helper)) => Credentials::Helper(helper),
        (Some(_), Some(_)) => {
            return Err(wrong(format!("{TOKEN_FILE} and {CREDENTIAL_HELPER} are both set")));
        }
    };
    let read_only = match variable(READ_ONLY) {
        None => false,
        Some(value) => match value.to_str() {
            Some("1" | "true" | "yes" | "on") => true,
            Some("0" | "false" | "no" | "off") => false,
            _ => return Err(wrong(format!("{READ_ONLY} is `{}`, not 1 or 0", value.to_string_lossy()))),
        },
    };
    let patience = match variable(TIMEOUT) {
        None => PATIENCE,
        Some(value) => {
            let value = value.to_string_lossy();
            let seconds = value.parse::<f64>().ok().filter(|seconds| (0.0..=3600.0).contains(seconds));
            let wrong = || wrong(format!("{TIMEOUT} is `{value}`, not a number of seconds from 0 to 3600"));
            Duration::from_secs_f64(seconds.ok_or_else(wrong)?)
        }
    };
    Ok(Some(Settings { address, credentials, read_only, patience, jobs: 1 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, String> {
        let variable =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
        settings(variable).map_err(|error| error.to_string())
    }

    #[test]
    fn a_server_has_an_address_and_credentials() {
        assert!(read(&[(READ_ONLY, "nonsense")]).unwrap().is_none());
        let plain = read(&[(ADDRESS, "grpc://h:1")]).unwrap().unwrap();
        assert_eq!((plain.credentials, plain.read_only), (Credentials::None, false));
        let file =
            read(&[(ADDRESS, "grpcs://h/i"), (TOKEN_FILE, "/t"), (READ_ONLY, "yes")]).unwrap().unwrap();
        assert_eq!((file.credentials, file.read_only), (Credentials::TokenFile("/t".into()), true));
        let patient = read(&[(ADDRESS, "grpc://h"), (TIMEOUT, "0.5")]).unwrap().unwrap();
        assert_eq!((plain.patience, patient.patience), (PATIENCE, PATIENCE / 3));
    }

    #[test]
    fn mistakes_are_named() {
        let told = |variables: &[(&str, &str)]| read(variables).unwrap_err();
        assert_eq!(
            told(&[(ADDRESS, "http://h")]),
            "AMBIDEX_REMOTE: it is not an address such as grpc://host:port or grpcs://host:port/instance"
        );
        assert_eq!(
            told(&[(ADDRESS, "grpc://h"), (READ_ONLY, "2")]),
            "AMBIDEX_REMOTE_READ_ONLY is `2`, not 1 or 0"
        );
        for wrong in ["-1", "nan", "1s", "1e9"] {
            let expected =
                format!("AMBIDEX_REMOTE_TIMEOUT is `{wrong}`, not a number of seconds from 0 to 3600");
            assert_eq!(told(&[(ADDRESS, "grpc://h"), (TIMEOUT, wrong)]), expected);
        }
        assert_eq!(
            told(&[(ADDRESS, "grpc://h"), (TOKEN_FILE, "/t"), (CREDENTIAL_HELPER, "h")]),
            "AMBIDEX_REMOTE_TOKEN_FILE and AMBIDEX_REMOTE_CREDENTIAL_HELPER are both set"
        );
    }
}
