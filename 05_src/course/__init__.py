"""The course run on the factory: build and run notebooks, check answers. It imports mlsd; mlsd never imports it."""
