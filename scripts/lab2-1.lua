#!/usr/bin/env oslua
-- Lab 2-1: how server list works.
-- 실습 2-1: server list 는 어떻게 동작하는가.
return require "labs.lab2-1"
