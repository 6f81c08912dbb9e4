//! etcd through its JSON gateway (`/v3/…`, base64, numbers as texts): a client, and a stand-in that answers it.

mod client;
mod gateway;
mod store;

pub use client::{Client, EtcdError, KeyValue, Lease};
pub use gateway::serve;
