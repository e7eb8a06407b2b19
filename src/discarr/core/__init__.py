"""The domain, its errors, the settings and the process: everything that knows neither HTTP nor Discord."""
