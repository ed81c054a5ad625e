---@meta

---@class address_group
---@field id string

---@class domain
---@field id string

---@class group
---@field id string

---@class qos_policy
---@field id string

---@class role
---@field id string

---@class router_flavor
---@field id string

---@class security_group_rule
---@field id string

---@class segment
---@field id string

---@class subnetpool
---@field id string

---@class user
---@field id string
