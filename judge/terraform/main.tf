# What a tutorial makes first: a network that leads to the public one, and a server that can be reached.
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

resource "openstack_networking_network_v2" "net" {
  name        = "terraform"
  description = "made by Terraform"
  tags        = ["terraform"]
}

resource "openstack_networking_subnet_v2" "subnet" {
  name            = "terraform"
  network_id      = openstack_networking_network_v2.net.id
  cidr            = "10.11.0.0/24"
  dns_nameservers = ["9.9.9.9"]

  allocation_pool {
    start = "10.11.0.10"
    end   = "10.11.0.99"
  }
}

resource "openstack_networking_router_v2" "router" {
  name                = "terraform"
  external_network_id = data.openstack_networking_network_v2.public.id
}

resource "openstack_networking_router_interface_v2" "interface" {
  router_id = openstack_networking_router_v2.router.id
  subnet_id = openstack_networking_subnet_v2.subnet.id
}

resource "openstack_networking_secgroup_v2" "ssh" {
  name = "terraform-ssh"
}

resource "openstack_networking_secgroup_rule_v2" "ssh" {
  security_group_id = openstack_networking_secgroup_v2.ssh.id
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  port_range_min    = 22
  port_range_max    = 22
  remote_ip_prefix  = "0.0.0.0/0"
}

resource "openstack_compute_keypair_v2" "key" {
  name = "terraform"
}

resource "openstack_networking_port_v2" "port" {
  name               = "terraform"
  network_id         = openstack_networking_network_v2.net.id
  security_group_ids = [openstack_networking_secgroup_v2.ssh.id]

  fixed_ip {
    subnet_id = openstack_networking_subnet_v2.subnet.id
  }
}

data "openstack_images_image_v2" "cirros" {
  name = "cirros-0.5.2-x86_64-disk"
}

resource "openstack_compute_instance_v2" "server" {
  name        = "terraform"
  image_id    = data.openstack_images_image_v2.cirros.id
  flavor_name = "m1.nano"
  key_pair    = openstack_compute_keypair_v2.key.name
  metadata    = { made-by = "terraform" }

  network {
    port = openstack_networking_port_v2.port.id
  }
}

resource "openstack_networking_floatingip_v2" "ip" {
  pool = "public"
}

resource "openstack_networking_floatingip_associate_v2" "ip" {
  floating_ip = openstack_networking_floatingip_v2.ip.address
  port_id     = openstack_networking_port_v2.port.id
  depends_on  = [openstack_networking_router_interface_v2.interface]
}

output "address" {
  value = openstack_networking_floatingip_v2.ip.address
}
