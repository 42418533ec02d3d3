"""Alerts in words: one place for consequences and advice, several views of one alert."""
