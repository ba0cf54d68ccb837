"""The use cases of the stations app; `manager.PetWashStationManager` is their front."""
