//! What we know of OpenIM.

pub mod answer;
pub mod call;
pub mod config;
pub mod container;
pub mod dependency;
pub mod deployment;
pub mod dump;
pub mod duration;
pub mod endpoint;
pub mod error;
pub mod last_error;
pub mod layout;
pub mod level;
pub mod line;
pub mod log_files;
pub mod mask;
pub mod redact;
pub mod registry;
pub mod release;
pub mod rules;
pub mod service;
pub mod text;
pub mod tools;
pub mod version;
pub mod zap;
