# A network of one's own that leads outside, a server on it, and a floating IP with SSH let in.
terraform {
  required_providers {
    openstack = {
      source = "terraform-provider-openstack/openstack"
    }
  }
}

provider "openstack" {}

data "openstack_networking_network_v2" "public" {
  name = "public"
}

data "openstack_images_image_v2" "cirros" {
  name = "cirros-0.5.2-x86_64-disk"
}

resource "openstack_networking_network_v2" "reach" {
  name = "reach"
}

resource "openstack_networking_subnet_v2" "reach" {
  name       = "reach"
  network_id = openstack_networking_network_v2.reach.id
  cidr       = "10.21.0.0/24"
}

resource "openstack_networking_router_v2" "reach" {
  name                = "reach"
  external_network_id = data.openstack_networking_network_v2.public.id
}

resource "openstack_networking_router_interface_v2" "reach" {
  router_id = openstack_networking_router_v2.reach.id
  subnet_id = openstack_networking_subnet_v2.reach.id
}

resource "openstack_networking_secgroup_v2" "reach" {
  name = "reach"
}

resource "openstack_networking_secgroup_rule_v2" "reach" {
  security_group_id = openstack_networking_secgroup_v2.reach.id
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  port_range_min    = 22
  port_range_max    = 22
}

resource "openstack_networking_port_v2" "reach" {
  name               = "reach"
  network_id         = openstack_networking_network_v2.reach.id
  security_group_ids = [openstack_networking_secgroup_v2.reach.id]

  fixed_ip {
    subnet_id = openstack_networking_subnet_v2.reach.id
  }
}

resource "openstack_compute_instance_v2" "reach" {
  name        = "reach"
  image_id    = data.openstack_images_image_v2.cirros.id
  flavor_name = "m1.nano"

  network {
    port = openstack_networking_port_v2.reach.id
  }
}

resource "openstack_networking_floatingip_v2" "reach" {
  pool       = "public"
  port_id    = openstack_networking_port_v2.reach.id
  depends_on = [openstack_networking_router_interface_v2.reach]
}
