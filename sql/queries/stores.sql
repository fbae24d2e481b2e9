-- Stores: the tenants.

-- name: create
INSERT INTO stores (id, name, created_at, updated_at) VALUES (:id, :name, :now, :now)
ON CONFLICT (name) DO NOTHING
RETURNING id;
