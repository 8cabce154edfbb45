//! Which provider is asked, and what is said when it cannot be.

use clasper_llm::{LlmConfig, PROVIDERS, Providers, http_client};
use clasper_runtime::model::{ModelProvider as _, ModelRef};

use crate::fake;

fn providers(config: &LlmConfig) -> anyhow::Result<Providers> {
    Ok(Providers::new(
        config,
        &http_client(config.request_timeout)?,
    ))
}

fn model(provider: &str) -> ModelRef {
    ModelRef {
        provider: provider.to_owned(),
        model: "m".to_owned(),
    }
}

#[tokio::test]
async fn a_provider_without_a_key_names_what_to_set() -> anyhow::Result<()> {
    let providers = providers(&LlmConfig::default())?;
    let variables = [
        ("openai", "OPENAI_API_KEY"),
        ("anthropic", "ANTHROPIC_API_KEY"),
        ("google", "GEMINI_API_KEY"),
        ("xai", "XAI_API_KEY"),
        ("groq", "GROQ_API_KEY"),
        ("mistral", "MISTRAL_API_KEY"),
        ("openrouter", "OPENROUTER_API_KEY"),
    ];
    for (provider, variable) in variables {
        let expected = format!("the provider {provider} is not configured: set {variable}");
        let checked = providers
            .check(&model(provider))
            .expect_err("there is no key");
        let asked = providers
            .complete(&fake::request(&format!("{provider}/m")))
            .await
            .expect_err("there is no key");
        assert_eq!(
            (checked.to_string(), asked.to_string()),
            (expected.clone(), expected)
        );
    }
    Ok(())
}

#[test]
fn a_provider_nobody_knows_is_told_the_known_ones() -> anyhow::Result<()> {
    let error = providers(&LlmConfig::default())?
        .check(&model("acme"))
        .expect_err("nobody knows it")
        .to_string();
    assert!(PROVIDERS.iter().all(|name| error.contains(name)), "{error}");
    Ok(())
}

#[test]
fn a_public_server_needs_a_key_and_a_private_one_none() -> anyhow::Result<()> {
    let check = |base: &str| -> anyhow::Result<bool> {
        let mut config = LlmConfig::default();
        config.base_urls.openai = Some(base.to_owned());
        Ok(providers(&config)?.check(&model("openai")).is_ok())
    };
    assert!(check("http://127.0.0.1:11434")?);
    assert!(!check("http://models.example.com")?);
    assert!(!check("https://127.0.0.1:11434")?);
    assert!(!check("no address")?);
    Ok(())
}

#[test]
fn the_scripted_provider_can_be_switched_off() -> anyhow::Result<()> {
    let mut config = LlmConfig::default();
    assert!(providers(&config)?.check(&model("scripted")).is_ok());
    config.scripted.enabled = false;
    assert!(providers(&config)?.check(&model("scripted")).is_err());
    Ok(())
}
