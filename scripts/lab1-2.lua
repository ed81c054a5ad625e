#!/usr/bin/env oslua
-- Lab 1-2: bring an Ubuntu image, and boot it.
-- 실습 1-2: Ubuntu 이미지를 올리고 부팅합니다.
return require "labs.lab1-2"
