//! What was rendered of values that several entries share. They come again thousands of times: one boot id, a few
//! hosts and units, some hundred processes.

use super::Field;

/// What is kept at most, in bytes. Beyond it values are rendered each time.
const CAPACITY: usize = 16 << 20;

/// Rendered fields, each under its key.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    /// Where each lies in `bytes`; indexed by key.
    places: Vec<Option<(u32, u32)>>,
    bytes: Vec<u8>,
}

impl Fragments {
    /// Appends what `render` makes of the field, or what it made of it before.
    pub(super) fn push(
        &mut self,
        out: &mut Vec<u8>,
        field: Field<'_>,
        render: impl FnOnce(&mut Vec<u8>, Field<'_>),
    ) {
        let Some(key) = field.key.map(|key| key.0 as usize) else { return render(out, field) };
        if let Some(&Some((start, end))) = self.places.get(key) {
            return out.extend_from_slice(&self.bytes[start as usize..end as usize]);
        }
        let before = out.len();
        render(out, field);
        self.keep(key, &out[before..]);
    }

    fn keep(&mut self, key: usize, rendered: &[u8]) {
        let (start, end) = (self.bytes.len(), self.bytes.len() + rendered.len());
        let spare = end + key * size_of::<Option<(u32, u32)>>() <= CAPACITY;
        let (Ok(start), Ok(end), true) = (u32::try_from(start), u32::try_from(end), spare) else { return };
        if self.places.len() <= key {
            self.places.resize(key + 1, None);
        }
        self.bytes.extend_from_slice(rendered);
        self.places[key] = Some((start, end));
    }
}
