SELECT salt, due FROM forgetting;
