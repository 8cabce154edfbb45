//! `clasper price`

use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::command::text;
use crate::server::Server;

/// What models cost, in US dollars for a million tokens.
#[derive(Debug, Subcommand)]
pub enum Price {
    /// The tenant's own prices.
    List,
    /// Set the price of a model.
    Set {
        /// The model, as provider/model.
        model: String,
        /// For prompts.
        #[arg(long)]
        input: String,
        /// For answers.
        #[arg(long)]
        output: String,
        /// For what the provider has of a prompt in its cache.
        #[arg(long)]
        cached: Option<String>,
    },
    /// Take a price back: the server's table counts again.
    Remove {
        /// The model, as provider/model.
        model: String,
    },
}

/// Runs the command.
pub async fn run(server: &Server, price: Price) -> Result<()> {
    match price {
        Price::List => {
            let answer = server.get("/prices").await?;
            for price in answer["items"].as_array().into_iter().flatten() {
                print(price);
            }
        }
        Price::Set {
            model,
            input,
            output,
            cached,
        } => {
            let mut body = json!({
                "input_usd_per_million": input,
                "output_usd_per_million": output,
            });
            if let Some(cached) = cached {
                body["cached_input_usd_per_million"] = cached.into();
            }
            print(&server.put(&path(&model)?, &body).await?);
        }
        Price::Remove { model } => {
            server.delete(&path(&model)?).await?;
            println!("{model}: the server's table counts again");
        }
    }
    Ok(())
}

fn print(price: &Value) {
    let cached = &price["cached_input_usd_per_million"];
    let cached = if cached.is_null() {
        String::new()
    } else {
        format!(", cached {cached}")
    };
    println!(
        "{:<40} input {}, output {}{cached} USD per million tokens",
        text(price, "model"),
        price["input_usd_per_million"],
        price["output_usd_per_million"],
    );
}

/// The price's address. What a path cannot hold of a model's name is written as percent codes.
fn path(model: &str) -> Result<String> {
    let (provider, name) = model
        .split_once('/')
        .context("name the model as provider/model")?;
    Ok(format!("/prices/{}/{}", coded(provider), coded(name)))
}

fn coded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_name_becomes_two_segments() {
        let of = |model| path(model).expect("a path");
        assert_eq!(of("openai/gpt-4o"), "/prices/openai/gpt-4o");
        assert_eq!(of("or/openai/gpt-4o"), "/prices/or/openai%2Fgpt-4o");
        assert_eq!(of("house/l\u{e4}ma 3"), "/prices/house/l%C3%A4ma%203");
        assert!(path("gpt-4o").is_err());
    }
}
