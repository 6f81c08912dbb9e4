//! The colours of levels, services and keys. Each can be read on a light and on a dark ground: none is white, black or
//! grey, and what matters less is dim in the colour that the terminal has anyway.

use anstyle::{AnsiColor, Style};

use crate::logs::record::Record;
use crate::openim::level::Level;

/// The colour of a level.
pub(in crate::logs) const fn style_of(level: Level) -> Style {
    match level {
        Level::Debug => Style::new().dimmed(),
        Level::Info => Style::new(),
        Level::Warn => AnsiColor::Yellow.on_default().bold(),
        Level::Error | Level::Panic | Level::Fatal => AnsiColor::Red.on_default().bold(),
    }
}

/// What matters less than what stands beside it: keys and their values.
pub(super) const DIM: Style = Style::new().dimmed();

/// The colours of services: one each for the twelve of open-im-server. Yellow and red are those of levels.
const SERVICES: [Style; 12] = [
    AnsiColor::Green.on_default(),
    AnsiColor::Cyan.on_default(),
    AnsiColor::Blue.on_default(),
    AnsiColor::Magenta.on_default(),
    AnsiColor::BrightGreen.on_default(),
    AnsiColor::BrightCyan.on_default(),
    AnsiColor::BrightBlue.on_default(),
    AnsiColor::BrightMagenta.on_default(),
    AnsiColor::Green.on_default().bold(),
    AnsiColor::Cyan.on_default().bold(),
    AnsiColor::Blue.on_default().bold(),
    AnsiColor::Magenta.on_default().bold(),
];

/// The colour of a service, the same in every run; its instances share it. Other programs have one by their name.
pub(super) fn style_of_service(record: &Record<'_>) -> Style {
    let number = match record.service {
        Some(service) => service as usize,
        None => record.program().bytes().map(usize::from).sum(),
    };
    SERVICES[number % SERVICES.len()]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::logs::record::Context;
    use crate::openim::service::{Group, Service};

    fn of(service: Service, instance: u32) -> Style {
        let context = Context { service: Some(service), instance: Some(instance), ..Context::default() };
        style_of_service(&Record::new(b"text", context))
    }

    #[test]
    fn each_service_of_the_server_has_a_colour_of_its_own_and_instances_share_it() {
        let services: Vec<Service> = Group::All.services().collect();
        let styles: HashSet<Style> = services.iter().map(|&service| of(service, 0)).collect();
        assert_eq!((styles.len(), services.len()), (12, 12));
        assert_eq!(of(Service::Push, 3), of(Service::Push, 0));
    }

    #[test]
    fn no_colour_is_that_of_a_ground_or_of_a_level() {
        use anstyle::Color::Ansi;
        let levels = Level::ALL.map(style_of);
        for style in SERVICES.iter().chain(&levels).chain([&DIM]) {
            let colour = style.get_fg_color();
            let grounds =
                [AnsiColor::Black, AnsiColor::White, AnsiColor::BrightBlack, AnsiColor::BrightWhite];
            assert!(grounds.iter().all(|&ground| colour != Some(Ansi(ground))), "{style:?}");
            assert_eq!(style.get_bg_color(), None);
        }
        for level in levels.iter().filter(|style| style.get_fg_color().is_some()) {
            assert!(SERVICES.iter().all(|style| style.get_fg_color() != level.get_fg_color()));
        }
    }
}
