//! `-i INDEX -c CONFIG_DIR`, as the services take them; up to v3.6 `-n INDEX -c CONFIG_DIR --port PORT`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::StartError;
use crate::generation::Generation;

/// What a service is started with.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Args {
    pub(super) index: u32,
    /// Empty where none is given; files are then looked for in the working directory.
    pub(super) config: PathBuf,
    /// The ports that v3.0 to v3.6 are told.
    pub(super) port: Option<u16>,
    pub(super) ws_port: Option<u16>,
    pub(super) metrics_port: Option<u16>,
    /// The first flag that only v3.0 to v3.6 know.
    old_flag: Option<String>,
}

impl Args {
    /// A flag of another generation is an unknown one.
    pub(super) fn refuse_flags_unknown_to(&self, generation: Generation) -> Result<(), StartError> {
        match &self.old_flag {
            Some(flag) if generation != Generation::V3_5 => Err(unknown(flag)),
            Some(_) | None => Ok(()),
        }
    }
}

pub(super) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Args, StartError> {
    let mut args = Args::default();
    let mut words = arguments.map(|word| word.to_string_lossy().into_owned());
    while let Some(word) = words.next() {
        let (flag, inline) = match word.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (word, None),
        };
        match flag.as_str() {
            "-i" | "--index" => args.index = index(&value(&flag, inline, &mut words)?)?,
            "-c" | "--config_folder_path" => args.config = value(&flag, inline, &mut words)?.into(),
            "-n" | "--port" | "--ws_port" | "--prometheus_port" => {
                let number = value(&flag, inline, &mut words)?;
                match flag.as_str() {
                    "-n" => args.index = index(&number)?,
                    "--port" => args.port = number.parse().ok(),
                    "--ws_port" => args.ws_port = number.parse().ok(),
                    _ => args.metrics_port = number.parse().ok(),
                }
                args.old_flag.get_or_insert(flag);
            }
            flag => return Err(unknown(flag)),
        }
    }
    Ok(args)
}

fn value(
    flag: &str,
    inline: Option<String>,
    rest: &mut impl Iterator<Item = String>,
) -> Result<String, StartError> {
    let missing = || match flag.strip_prefix("--") {
        Some(_) => StartError(format!("flag needs an argument: {flag}")),
        None => StartError(format!("flag needs an argument: '{}' in {flag}", flag.trim_start_matches('-'))),
    };
    inline.or_else(|| rest.next()).ok_or_else(missing)
}

fn index(text: &str) -> Result<u32, StartError> {
    text.parse().map_err(|_| {
        StartError(format!(
            "invalid argument {text:?} for \"-i, --index\" flag: strconv.ParseInt: parsing {text:?}: invalid syntax"
        ))
    })
}

fn unknown(flag: &str) -> StartError {
    StartError(match flag.strip_prefix('-') {
        Some(long) if long.starts_with('-') => format!("unknown flag: {flag}"),
        Some(short) => {
            let letter = short.chars().next().unwrap_or('-');
            format!("unknown shorthand flag: '{letter}' in {flag}")
        }
        None => format!("unknown command {flag:?}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<Args, StartError> {
        parse(words.iter().map(OsString::from))
    }

    #[test]
    fn both_spellings_are_taken() {
        let wanted = Args { index: 3, config: "/c/".into(), ..Args::default() };
        assert_eq!(parse_words(&["-i", "3", "-c", "/c/"]), Ok(wanted));
        let wanted = Args { index: 3, config: "/c".into(), ..Args::default() };
        assert_eq!(parse_words(&["--index=3", "--config_folder_path", "/c"]), Ok(wanted));
    }

    #[test]
    fn ports_are_told_to_old_services_alone() {
        let args = parse_words(&["-n", "2", "--prometheus_port", "21402"]).expect("they are known flags");
        assert_eq!((args.index, args.metrics_port), (2, Some(21402)));
        assert_eq!(args.refuse_flags_unknown_to(Generation::V3_5), Ok(()));
        let refused = args.refuse_flags_unknown_to(Generation::Release);
        assert_eq!(refused, Err(StartError("unknown shorthand flag: 'n' in -n".to_owned())));
    }

    #[test]
    fn the_flag_of_the_old_units_is_unknown() {
        let error = parse_words(&["--config=/etc/openim/api.yaml"]);
        assert_eq!(error, Err(StartError("unknown flag: --config".to_owned())));
    }
}
