# 20 networks with subnets on one router, and 10 servers.
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

resource "openstack_networking_router_v2" "fleet" {
  name                = "fleet"
  external_network_id = data.openstack_networking_network_v2.public.id
}

resource "openstack_networking_network_v2" "fleet" {
  count = 20
  name  = format("fleet-%02d", count.index + 1)
}

resource "openstack_networking_subnet_v2" "fleet" {
  count      = 20
  name       = format("fleet-%02d", count.index + 1)
  network_id = openstack_networking_network_v2.fleet[count.index].id
  cidr       = "10.20.${count.index + 1}.0/24"
}

resource "openstack_networking_router_interface_v2" "fleet" {
  count     = 20
  router_id = openstack_networking_router_v2.fleet.id
  subnet_id = openstack_networking_subnet_v2.fleet[count.index].id
}

resource "openstack_compute_instance_v2" "fleet" {
  count       = 10
  name        = format("fleet-%02d", count.index + 1)
  image_id    = data.openstack_images_image_v2.cirros.id
  flavor_name = "m1.nano"

  network {
    uuid = openstack_networking_network_v2.fleet[count.index].id
  }

  depends_on = [openstack_networking_subnet_v2.fleet]
}
