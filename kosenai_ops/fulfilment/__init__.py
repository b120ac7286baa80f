"""Work that needs billing and privacy, of which only the composition root knows both. `PrivacyConfig.ready` imports
every module in here, as it does of each installed app, so that workers and commands alike have the handlers."""
