//! `assay serve`: the service, as its configuration says.

use actix_web::rt::System;

use super::{Failure, asked_to_stop};
use crate::clock::Clock;
use crate::config::{Config, Variables};
use crate::service::Service;
use crate::telemetry;

pub fn run(variables: &Variables) -> Result<(), Failure> {
    let config = Config::load(variables)?;
    telemetry::tracing::install(&config.log);
    System::new().block_on(async {
        let service = Service::start(config, &Clock::system())?;
        service.run_until(asked_to_stop()).await?;
        Ok(())
    })
}
