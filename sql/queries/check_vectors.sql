SELECT embedding.face, model.name, model.dimension, embedding.vector
FROM embedding JOIN model ON model.id = embedding.model
ORDER BY embedding.model, embedding.face;
