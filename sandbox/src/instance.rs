//! One process of a service: `push#3`.

use std::fmt;
use std::str::FromStr;

use openim_ops::openim::service::Service;

/// A service and the index that its process was started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instance {
    /// The service.
    pub service: Service,
    /// The number after `-i`.
    pub index: u32,
}

impl Instance {
    /// The instance `service#index`.
    #[must_use]
    pub const fn new(service: Service, index: u32) -> Self {
        Self { service, index }
    }

    /// Its name in the control directory: `openim-push#3`.
    #[must_use]
    pub fn file_name(self) -> String {
        format!("{}#{}", self.service.binary(), self.index)
    }
}

impl FromStr for Instance {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let (name, index) = word.split_once('#').unwrap_or((word, "0"));
        let service = Service::known_by_word(name).ok_or_else(|| format!("unknown service {name:?}"))?;
        let index = index.parse().map_err(|_| format!("{index:?} is no index"))?;
        Ok(Self { service, index })
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.service, self.index)
    }
}
