//! One file of OpenIM's `config/` directory, with the environment laid over it as viper does.
//!
//! ```yaml
//! rpc:
//!   listenIP: 0.0.0.0
//!   ports: [10320]
//! ```
//!
//! viper's rules, as far as they decide what a service really uses:
//! keys compare without case; a variable overrides only a key that is present in the file (its value may be
//! blank); an empty variable is ignored; a list is comma-separated without brackets; `"10002"` is a number and
//! `"true"` a boolean where one is wanted, and a single value is a list of one.
//! Values never appear in an error of a key that holds a secret.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// The variables that a process sees, or that the next one would see.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, Variable>,
    unread: Vec<Unread>,
}

#[derive(Clone, PartialEq, Eq)]
struct Variable {
    value: String,
    /// Where it is set, where that is known.
    place: Option<String>,
}

/// A file of which nobody knows what variables it sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The file.
    pub path: PathBuf,
    /// Whether it is not there, and nothing is started without it.
    pub is_missing: bool,
    /// Why it cannot be read.
    pub why: String,
}

impl Environment {
    /// The environment of this very process. Variables that are not UTF-8 cannot name an OpenIM key.
    #[must_use]
    pub fn of_this_process() -> Self {
        std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .collect()
    }

    /// Parses `/proc/PID/environ`: `NAME=value` ended by NUL bytes.
    #[must_use]
    pub fn parse(environ: &[u8]) -> Self {
        environ
            .split(|&byte| byte == 0)
            .filter_map(|variable| std::str::from_utf8(variable).ok()?.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// The value of a variable; an empty one counts as absent, as it does for viper.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|variable| variable.value.as_str()).filter(|value| !value.is_empty())
    }

    /// The variables whose names begin so, in the order of their names, but for empty ones.
    pub fn beginning_with(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        let all = self.variables.iter().map(|(name, variable)| (name.as_str(), variable.value.as_str()));
        all.filter(move |(name, value)| name.starts_with(prefix) && !value.is_empty())
    }

    /// A variable as the origin of a value.
    #[must_use]
    pub fn origin(&self, name: &str) -> Origin {
        let place = self.variables.get(name).and_then(|variable| variable.place.clone());
        Origin::Variable { name: name.to_owned(), place }
    }

    /// Sets a variable, whatever it was before.
    pub fn set(&mut self, name: &str, value: &str, place: &str) {
        let variable = Variable { value: value.to_owned(), place: Some(place.to_owned()) };
        self.variables.insert(name.to_owned(), variable);
    }

    /// Takes a variable back: `NAME`, or `NAME=value` where it has that value.
    pub fn unset(&mut self, which: &str) {
        let (name, value) = which.split_once('=').map_or((which, None), |(name, value)| (name, Some(value)));
        self.variables
            .retain(|own, variable| own != name || value.is_some_and(|value| value != variable.value));
    }

    /// The files that might say more.
    #[must_use]
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }

    /// Notes a file that might say more.
    pub fn add_unread(&mut self, unread: Unread) {
        self.unread.push(unread);
    }
}

/// Values may be secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).entries(&self.unread).finish()
    }
}

/// Later duplicates are ignored, as `getenv` ignores them.
impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(all: I) -> Self {
        let mut variables = BTreeMap::new();
        for (name, value) in all {
            variables.entry(name).or_insert(Variable { value, place: None });
        }
        Self { variables, unread: Vec::new() }
    }
}

/// Where a setting comes from, as a person would look it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file, counted from 1.
    File {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
    },
    /// A file as a whole.
    Whole(PathBuf),
    /// An environment variable.
    Variable {
        /// Its name.
        name: String,
        /// Where it is set, where that is known: the line of a file, the unit.
        place: Option<String>,
    },
}

impl Origin {
    /// A line of a file, counted from 1.
    #[must_use]
    pub fn line(path: &Path, line: usize) -> Self {
        Self::File { path: path.to_owned(), line: u64::try_from(line).unwrap_or(u64::MAX) }
    }

    /// Whether a variable of this name is meant, wherever it is set.
    #[must_use]
    pub fn is_same_variable(&self, other: &Self) -> bool {
        self.variable().is_some_and(|name| other.variable() == Some(name))
    }

    fn variable(&self) -> Option<&str> {
        match self {
            Self::Variable { name, .. } => Some(name),
            Self::File { .. } | Self::Whole(_) => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Whole(path) => write!(f, "{}", path.display()),
            Self::Variable { name, place: None } => write!(f, "${name}"),
            Self::Variable { name, place: Some(place) } => write!(f, "{place} ${name}"),
        }
    }
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value that the service uses.
    pub value: T,
    /// Its file and line, or the variable that overrides it.
    pub origin: Origin,
}

/// Why a file of the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("read {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no YAML.
    #[error("{path}:{line}: {message}", path = path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1; 0 where the reader names none.
        line: u64,
        /// What is wrong with it.
        message: String,
    },
    /// A value is of the wrong type.
    #[error("{origin}: {key} wants {wanted}, not {got}")]
    Type {
        /// Where the value stands.
        origin: Origin,
        /// The dotted key.
        key: String,
        /// What it should be.
        wanted: &'static str,
        /// What it is; `(hidden)` for a secret.
        got: String,
    },
}

impl ConfigError {
    /// Whether there is no such file, which is an answer where several are looked for.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }
}

/// A YAML value; keys are folded to lower case.
#[derive(Clone, Debug)]
enum Value {
    Null,
    Scalar(String),
    List(Vec<Spanned<Value>>),
    Map(BTreeMap<String, Spanned<Value>>),
}

/// A key that has a value of its own, which may be blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The dotted key, in lower case.
    pub key: String,
    /// Whether the file has a list there.
    pub is_list: bool,
}

/// One file of the configuration directory.
#[derive(Debug)]
pub struct ConfigFile {
    path: PathBuf,
    root: Spanned<Value>,
    prefix: String,
}

impl ConfigFile {
    /// Reads `DIR/NAME`, whose keys are overridden by `IMENV_…`.
    ///
    /// # Errors
    /// The file cannot be read or is no YAML; the error names file and line.
    pub fn read(dir: &Path, name: &str) -> Result<Self, ConfigError> {
        let path = dir.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&path, &text),
            Err(source) => Err(ConfigError::Read { path, source }),
        }
    }

    /// Parses the text of a file. An empty file has no keys.
    ///
    /// # Errors
    /// The text is no YAML; the error names file and line.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let root = serde_saphyr::from_str(text).map_err(|error| ConfigError::Yaml {
            path: path.to_owned(),
            line: error.location().map_or(0, |location| location.line()),
            message: what_is_wrong(&error.to_string()),
        })?;
        Ok(Self { path: path.to_owned(), root, prefix: override_prefix(path) })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What stands below a dotted key, as a file of its own; `None` where the key is absent.
    #[must_use]
    pub fn section(&self, key: &str) -> Option<Self> {
        let root = self.node(key)?.clone();
        Some(Self { path: self.path.clone(), root, prefix: format!("{}_", self.variable(key)) })
    }

    /// Whether a dotted key is present, whatever its value.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.node(key).is_some()
    }

    /// What the variables that override its keys begin with: `IMENV_OPENIM_API_`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Every key that can be overridden: those without keys of their own below.
    #[must_use]
    pub fn leaves(&self) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        collect_leaves(&self.root, "", &mut leaves);
        leaves
    }

    /// The variable that overrides a dotted key: `IMENV_OPENIM_API_API_PORTS` for `api.ports`.
    #[must_use]
    pub fn variable(&self, key: &str) -> String {
        format!("{}{}", self.prefix, key.to_uppercase().replace(['.', '-'], "_"))
    }

    /// A text, `None` where the key is absent or blank.
    ///
    /// # Errors
    /// The value is a list or a map.
    pub fn text(&self, key: &str, env: &Environment) -> Result<Option<Setting<String>>, ConfigError> {
        self.scalar(key, env, "a text", |text| Some(text.to_owned()))
    }

    /// A boolean, as Go's `strconv.ParseBool` reads one.
    ///
    /// # Errors
    /// The value is no boolean.
    pub fn boolean(&self, key: &str, env: &Environment) -> Result<Option<Setting<bool>>, ConfigError> {
        self.scalar(key, env, "true or false", parse_bool)
    }

    /// A whole number.
    ///
    /// # Errors
    /// The value is no whole number, or does not fit.
    pub fn number<N: std::str::FromStr>(
        &self,
        key: &str,
        env: &Environment,
    ) -> Result<Option<Setting<N>>, ConfigError> {
        self.scalar(key, env, "a whole number", |text| text.trim().parse().ok())
    }

    /// A list of ports; absent or blank is the empty list.
    ///
    /// # Errors
    /// An element is no port.
    pub fn ports(&self, key: &str, env: &Environment) -> Result<Setting<Vec<u16>>, ConfigError> {
        self.list(key, env, "ports, separated by commas, without brackets", |text| text.parse().ok())
    }

    /// A list of texts; absent or blank is the empty list.
    ///
    /// # Errors
    /// An element is a list or a map.
    pub fn texts(&self, key: &str, env: &Environment) -> Result<Setting<Vec<String>>, ConfigError> {
        self.list(key, env, "a list of texts", |text| Some(text.to_owned()))
    }

    fn scalar<T>(
        &self,
        key: &str,
        env: &Environment,
        wanted: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<Setting<T>>, ConfigError> {
        let Some(node) = self.node(key) else { return Ok(None) };
        let (text, origin) = match self.overriding(key, env) {
            Some((value, origin)) => (value.to_owned(), origin),
            None => match &node.value {
                Value::Null => return Ok(None),
                Value::Scalar(text) => (text.clone(), self.origin(node)),
                Value::List(_) | Value::Map(_) => {
                    return Err(type_error(key, wanted, "a list or a map", self.origin(node)));
                }
            },
        };
        match parse(&text) {
            Some(value) => Ok(Some(Setting { value, origin })),
            None => Err(type_error(key, wanted, &text, origin)),
        }
    }

    fn list<T>(
        &self,
        key: &str,
        env: &Environment,
        wanted: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Setting<Vec<T>>, ConfigError> {
        let origin_of_file = Origin::File { path: self.path.clone(), line: 1 };
        let Some(node) = self.node(key) else {
            return Ok(Setting { value: Vec::new(), origin: origin_of_file });
        };
        let (texts, origin): (Vec<String>, _) = match self.overriding(key, env) {
            Some((value, origin)) => (value.split(',').map(str::to_owned).collect(), origin),
            None => (self.elements(key, wanted, node)?, self.origin(node)),
        };
        let parsed = texts
            .iter()
            .map(|text| parse(text.trim()).ok_or_else(|| type_error(key, wanted, text, origin.clone())));
        let value = parsed.collect::<Result<_, _>>()?;
        Ok(Setting { value, origin })
    }

    fn elements(
        &self,
        key: &str,
        wanted: &'static str,
        node: &Spanned<Value>,
    ) -> Result<Vec<String>, ConfigError> {
        match &node.value {
            Value::Null => Ok(Vec::new()),
            Value::Scalar(text) => Ok(text.split(',').map(str::to_owned).collect()),
            Value::Map(_) => Err(type_error(key, wanted, "a map", self.origin(node))),
            Value::List(items) => items
                .iter()
                .map(|item| match &item.value {
                    Value::Scalar(text) => Ok(text.clone()),
                    Value::Null | Value::List(_) | Value::Map(_) => {
                        Err(type_error(key, wanted, "a list or a map", self.origin(item)))
                    }
                })
                .collect(),
        }
    }

    /// The keys and numbers of a map, in the order of their names: `serviceBinaries` of start-config.yml.
    ///
    /// # Errors
    /// The value is no map, or one of its values no whole number.
    pub fn counts(&self, key: &str) -> Result<Vec<(String, Setting<u32>)>, ConfigError> {
        let Some(node) = self.node(key) else { return Ok(Vec::new()) };
        let Value::Map(map) = &node.value else {
            return Err(type_error(key, "a map of names to numbers", "something else", self.origin(node)));
        };
        map.iter()
            .map(|(name, item)| {
                let origin = self.origin(item);
                let Value::Scalar(text) = &item.value else {
                    return Err(type_error(name, "a whole number", "something else", origin));
                };
                match text.parse() {
                    Ok(value) => Ok((name.clone(), Setting { value, origin })),
                    Err(_) => Err(type_error(name, "a whole number", text, origin)),
                }
            })
            .collect()
    }

    /// Walks a dotted key. A name with a dot in it cannot be reached, nor can viper reach it.
    fn node(&self, key: &str) -> Option<&Spanned<Value>> {
        key.split('.').try_fold(&self.root, |node, part| match &node.value {
            Value::Map(map) => map.get(&part.to_lowercase()),
            Value::Null | Value::Scalar(_) | Value::List(_) => None,
        })
    }

    fn overriding<'e>(&self, key: &str, env: &'e Environment) -> Option<(&'e str, Origin)> {
        let name = self.variable(key);
        env.get(&name).map(|value| (value, env.origin(&name)))
    }

    fn origin(&self, node: &Spanned<Value>) -> Origin {
        Origin::File { path: self.path.clone(), line: node.referenced.line() }
    }
}

fn collect_leaves(node: &Spanned<Value>, key: &str, leaves: &mut Vec<Leaf>) {
    let is_list = match &node.value {
        Value::Map(map) => {
            for (name, inner) in map {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                collect_leaves(inner, &key, leaves);
            }
            return;
        }
        Value::List(_) => true,
        Value::Null | Value::Scalar(_) => false,
    };
    // The root of an empty file is blank, and no key.
    if !key.is_empty() {
        leaves.push(Leaf { key: key.to_owned(), is_list });
    }
}

/// `IMENV_OPENIM_RPC_USER_`, in chat `CHATENV_CHAT_RPC_CHAT_`; local-cache.yml and chat's bots are read without a
/// prefix, so there any variable of the key's own name overrides it. start-config.yml is mage's and knows no
/// variables, but has no key one could hit either.
fn override_prefix(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_uppercase().replace('-', "_"));
    match stem.as_deref() {
        Some("LOCAL_CACHE" | "CHAT_API_BOT" | "CHAT_RPC_BOT") | None => String::new(),
        Some(stem) if is_of_chat(path) => format!("CHATENV_{stem}_"),
        Some(stem) => format!("IMENV_{stem}_"),
    }
}

/// Both repositories have a share.yml and a redis.yml; the files beside them tell whose they are.
fn is_of_chat(path: &Path) -> bool {
    path.with_file_name("chat-rpc-chat.yml").exists()
}

fn type_error(key: &str, wanted: &'static str, got: &str, origin: Origin) -> ConfigError {
    let last = key.rsplit('.').next().unwrap_or(key).to_lowercase();
    let hidden = ["password", "secret", "accesskey", "uri", "token"].iter().any(|word| last.contains(word));
    let got = if hidden { "(hidden)".to_owned() } else { format!("{got:?}") };
    ConfigError::Type { origin, key: key.to_owned(), wanted, got }
}

fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// "error: line 2 column 2: illegal placement …" without what the error says of its place already. The lines
/// below show the text around it, which may hold a secret.
fn what_is_wrong(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let behind_place = first.split_once(" column ").and_then(|(_, rest)| rest.split_once(": "));
    behind_place.map_or(first, |(_, what)| what).to_owned()
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Scalar(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, value)) = entries.next_entry::<String, _>()? {
            map.insert(key.to_lowercase(), value);
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "api:\n  listenIP: 0.0.0.0\n  ports: [ 10002 ]\nprometheus:\n  enable: true\n  autoSetPorts: \"true\"\n  grafanaURL:\n";

    fn api() -> ConfigFile {
        ConfigFile::parse(Path::new("/c/openim-api.yml"), API).unwrap()
    }

    fn env(name: &str, value: &str) -> Environment {
        [(name.to_owned(), value.to_owned())].into_iter().collect()
    }

    #[test]
    fn a_value_names_its_line() {
        let ports = api().ports("api.ports", &Environment::default()).unwrap();
        assert_eq!(ports.value, [10002]);
        assert_eq!(ports.origin.to_string(), "/c/openim-api.yml:3");
    }

    #[test]
    fn keys_compare_without_case_and_texts_are_weakly_typed() {
        let on = api().boolean("PROMETHEUS.autosetports", &Environment::default()).unwrap().unwrap();
        assert!(on.value);
    }

    #[test]
    fn a_variable_overrides_a_key_that_is_present() {
        let env = env("IMENV_OPENIM_API_API_PORTS", "10002,10003");
        let ports = api().ports("api.ports", &env).unwrap();
        assert_eq!(ports.value, [10002, 10003]);
        assert_eq!(ports.origin.to_string(), "$IMENV_OPENIM_API_API_PORTS");
    }

    #[test]
    fn a_variable_overrides_a_blank_key_but_no_absent_one() {
        let set = env("IMENV_OPENIM_API_PROMETHEUS_GRAFANAURL", "http://g");
        assert_eq!(api().text("prometheus.grafanaURL", &set).unwrap().unwrap().value, "http://g");
        let absent = env("IMENV_OPENIM_API_API_NOTHERE", "1");
        assert!(api().text("api.notHere", &absent).unwrap().is_none());
    }

    #[test]
    fn an_empty_variable_is_ignored() {
        let ports = api().ports("api.ports", &env("IMENV_OPENIM_API_API_PORTS", "")).unwrap();
        assert_eq!(ports.value, [10002]);
    }

    #[test]
    fn brackets_in_a_variable_are_refused_as_openim_refuses_them() {
        let error = api().ports("api.ports", &env("IMENV_OPENIM_API_API_PORTS", "[10003]")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "$IMENV_OPENIM_API_API_PORTS: api.ports wants ports, separated by commas, without brackets, not \"[10003]\""
        );
    }

    #[test]
    fn broken_yaml_names_file_and_line() {
        let error = ConfigFile::parse(Path::new("/c/share.yml"), "a: 1\nb: [1\nc: 2\n").unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("/c/share.yml:"), "{text}");
        assert!(matches!(error, ConfigError::Yaml { line: 2..=3, .. }), "{text}");
        assert_eq!(text.matches("line").count(), 0, "the place is named once: {text}");
    }

    #[test]
    fn a_secret_stays_out_of_the_error() {
        let file = ConfigFile::parse(Path::new("/c/redis.yml"), "password: [hunter2]\n").unwrap();
        let error = file.text("password", &Environment::default()).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn an_empty_file_has_no_keys() {
        let file = ConfigFile::parse(Path::new("/c/redis.yml"), "").unwrap();
        assert!(file.text("password", &Environment::default()).unwrap().is_none());
    }

    #[test]
    fn environ_is_split_at_nul() {
        let env = Environment::parse(b"A=1\0B=x=y\0broken\0C=\0");
        assert_eq!((env.get("A"), env.get("B"), env.get("C")), (Some("1"), Some("x=y"), None));
    }

    #[test]
    fn a_variable_names_where_it_is_set_and_debugging_shows_no_value() {
        let mut env = env("IMENV_OPENIM_API_API_PORTS", "1");
        env.set("IMENV_OPENIM_API_API_PORTS", "hunter2", "/etc/openim.env:3");
        let error = api().ports("api.ports", &env).unwrap_err().to_string();
        assert!(
            error.starts_with("/etc/openim.env:3 $IMENV_OPENIM_API_API_PORTS: api.ports wants"),
            "{error}"
        );
        assert_eq!(format!("{env:?}"), "{\"IMENV_OPENIM_API_API_PORTS\"}");
    }

    #[test]
    fn a_variable_is_taken_back_by_its_name_or_by_its_value_as_well() {
        let mut env = Environment::parse(b"A=1\0B=2\0C=3\0");
        for which in ["A", "B=3", "C=3", "D"] {
            env.unset(which);
        }
        assert_eq!((env.get("A"), env.get("B"), env.get("C")), (None, Some("2"), None));
    }
}
